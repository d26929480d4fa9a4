/* Structs whose numbers are in the other byte order; with OTHER, of other values. */
#ifdef OTHER
#define OR(one, other) other
#else
#define OR(one, other) one
#endif

struct __attribute__((scalar_storage_order("big-endian"))) big {
    unsigned u;
    short s;
    unsigned a : 3;
    int b : 7;
    unsigned c : 12;
    float f;
    double d;
    unsigned short array[3];
    long matrix[2][2];
    int *pointer;
    _Bool yes;
    char text[4];
    unsigned long long w : 40;
    float _Complex complex;
};

struct __attribute__((scalar_storage_order("little-endian"))) little {
    int value;
    unsigned bits : 5;
};

struct outer {
    int before;
    struct big inside, all[2];
    struct big *next;
};

struct big big = {
    OR(0x11223344, 1), OR(-2, 258), OR(5, 2), OR(-9, 33), OR(0xabc, 0x123), OR(1.5f, -0.25f), OR(-2.25, 1e300),
    {1, OR(2, 700), 3}, {{1, 2}, {OR(-3, 1234567890123), 4}}, 0, 1, "abc", OR(0x1234567890ull, 3), OR(1.0f, 1.0f),
};
struct outer outer = { 7, { .u = 9, .c = 3 }, { { 0 }, { .s = OR(3, -300) } }, &big };
struct little little = { 7, 3 };

int main(void) { return 0; }
