/* Compiled and linked by GNU tools for Windows. */
int counter = 42;
static int hidden = 7;
int a_name_of_more_than_eight_letters = 5;
__declspec(dllexport) int exported_data = 6;
__declspec(dllexport) int exported(int value) {
  static int calls;
  return value + hidden + ++calls;
}
__attribute__((noinline)) static int only_here(int a) { return a * counter; }
int use(int a) { return only_here(a) + exported(a) + a_name_of_more_than_eight_letters; }
int main(void) { return use(2); }
