#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <wchar.h>
#include <uchar.h>
#include <complex.h>

enum color { RED, GREEN = 5, BLUE };
enum flags { READ = 1, WRITE = 2, EXECUTE = 4, ALL_HIGH = 0x70 };
enum negative { MINUS = -3, ZERO = 0, PLUS = 3 };

struct point { int x, y; };
typedef struct point point_t;

struct node {
    struct node *next;
    const char *name;
    int value;
};

struct bits {
    unsigned a : 3;
    int b : 5;
    unsigned long long c : 40;
    _Bool d : 1;
    enum color e : 4;
    unsigned : 0;
    signed char f : 7;
};

struct __attribute__((packed)) packed_bits {
    char first;
    unsigned a : 7;
    unsigned long long b : 61;
    unsigned c : 9;
    short last;
};

union number {
    int i;
    float f;
    unsigned char bytes[8];
    struct { short low, high; } halves;
};

struct outer {
    int before;
    struct { int a, b; };
    union { int u; float v; };
    struct point points[2];
    struct { char tag; union number number; } named;
    void (*handler)(int, const char *);
    char text[16];
    uint8_t raw[4];
    struct outer *self;
};

struct flexible { int count; int items[]; };
struct old_flexible { int count; int items[0]; };
struct opaque;
struct empty {};

int counter = 42;
static int hidden = -7;
unsigned char small = 200;
signed char tiny = -100;
char letter = 'A', quote = '\'', zero_letter = 0, high_letter = (char)0xe9;
short s16 = -12345;
unsigned short u16 = 54321;
unsigned u32 = 4000000000u;
long long s64 = -9000000000000000000ll;
unsigned long long u64 = 18000000000000000000ull;
__int128 big = ((__int128)0x123456789abcdefll << 64) | 5;
unsigned __int128 huge = (unsigned __int128)-1;
bool yes = true, no = false;
float single = 1.1f;
double twice = 3.14, tiny_double = 5e-324, not_a_number = __builtin_nan("7"), infinite = -__builtin_inf();
long double extended = 1.1L, extended_big = 1e4000L;
#ifndef __clang__
_Float128 quad = 1.1f128;
#endif
double _Complex complex_number = 1.5 + 2.5 * I;
float complex_floats[3];
enum color color = GREEN, no_color = (enum color)77;
enum flags flags = READ | EXECUTE, no_flags = (enum flags)0, more_flags = (enum flags)(READ | 8), high_flags = ALL_HIGH | WRITE;
enum negative negative = MINUS, no_negative = (enum negative)100;
wchar_t wide = L'w';
wchar_t wide_text[6] = L"wide";
char16_t text16[5] = u"u16\u20ac";
char32_t text32[4] = U"\U0001F600x";

struct point point = { 1, -2 };
point_t typedef_point = { 3, 4 };
const struct point const_point = { 5, 6 };
volatile int volatile_number = 8;
const volatile int *const volatile both = &volatile_number;

struct node nodes[3] = { { &nodes[1], "first", 1 }, { &nodes[2], "second", 2 }, { 0, 0, 3 } };
struct node *head = nodes;
struct node **head_pointer = &head;

struct bits bits = { 5, -9, 0x123456789aull, 1, BLUE, -33 };
struct packed_bits packed_bits = { 'c', 100, 0x1abcdef012345678ull, 300, -2 };
union number number = { .i = 0x3f800000 };

void handle(int number, const char *text) { (void)number; (void)text; }

struct outer outer = {
    1, { 2, 3 }, { 4 }, { { 5, 6 }, { 7, 8 } }, { 't', { .i = 9 } }, handle, "text", { 1, 2, 3, 255 }, &outer
};

char text[] = "hello, \"world\"\n\t\033\001234\\";
char padded[40] = "padded";
char full[4] = { 'f', 'u', 'l', 'l' };
char empty_text[8];
char repeated[64] = "aaaaaaaaaaaaaaaaaaaab";
char mixed[64] = "ab\0\0cccccccccccccd";
char utf8[16] = "gr\xc3\xbc\xc3\x9f" "e\xff";
char long_text[300] = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
    "0123456789";
signed char signed_text[4] = "sig";
uint8_t octets[6] = { 1, 2, 3, 0, 0, 0 };
const char *pointer_text = "pointed \"to\"";
char *null_text;
const char *texts[3] = { "one", "two", 0 };
unsigned char *octets_pointer = octets;

int numbers[5] = { 1, 2, 3, 4, 5 };
int zeros[20];
int nearly_zeros[20] = { [10] = 1 };
int runs[40] = { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 1, 2, 3 };
int many[300] = { 1, 2, 3 };
int counting[250] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, [249] = 9 };
int matrix[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
int cube[2][2][2] = { { { 1, 2 }, { 3, 4 } }, { { 5, 6 }, { 7, 8 } } };
struct point points[12];
double doubles[3] = { 0.1, 1e100, -0.0 };
int (*array_pointer)[3] = &matrix[1];
int *pointers[2] = { &counter, 0 };
void *anything = &counter;
void *anything_null;
int **double_pointer = &pointers[0];

void (*function)(int, const char *) = handle;
int (*no_function)(void);
void (*functions[2])(int, const char *) = { handle, 0 };
int (*(*complicated)(int))[3];
char *(*returns_text)(char *, ...);

struct { int nameless; } nameless = { 11 };
struct flexible flexible = { 2, { 10, 20 } };
struct old_flexible old_flexible = { 0 };
struct opaque *opaque;
struct empty empty;
size_t size = sizeof(struct outer);
int vector __attribute__((vector_size(16))) = { 1, 2, 3, 4 };

static __thread int thread_number = 9;
extern int declared_elsewhere;

int function_with_static(void) {
    static int calls = 3;
    return ++calls;
}

void __attribute__((noinline)) stops_here(void) { __asm__ volatile(""); }

int main(int argc, char **argv) {
    function_with_static();
    thread_number++;
    (void)argv;
    if (argc > 1000) return hidden + complex_floats[0];
    stops_here();
    return 0;
}
