struct bits { unsigned a : 3; int b : 5; unsigned long long c : 40; unsigned char d : 1; signed char e : 7; };
struct __attribute__((packed)) packed_bits { char first; unsigned a : 7; unsigned long long b : 61; unsigned c : 9; short last; };
union number { int i; float f; unsigned char bytes[4]; struct { short low, high; } halves; };
enum color { RED, GREEN = 5, BLUE = -1 };

struct bits bits = { 5, -9, 0x123456789aull, 1, -33 };
struct packed_bits packed_bits = { 'c', 100, 0x1abcdef012345678ull, 300, -2 };
union number number = { .i = 0x3f800000 };
int counter = -42;
unsigned short small = 54321;
long long large = -9000000000000000000ll;
float single = 1.1f;
double twice = 3.3;
enum color color = BLUE;
char text[8] = "text";
int matrix[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
int *pointer = &matrix[1][1];
const char *name = "named";
struct node { struct node *next; int value; } nodes[2] = { { &nodes[1], 7 }, { 0, 8 } };
