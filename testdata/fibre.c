// A process without a C library that runs a fibre of its own making and crashes while the fibre is suspended.
// The fibre's registers are then nowhere but in memory, at `fibre`, where no debugger looks for them.
struct context { // What a function call must keep on x86_64, as switch_to stores it.
  unsigned long rbx, rbp, r12, r13, r14, r15, rsp, rip;
};

struct context host, fibre;
static char stack[16384] __attribute__((aligned(16)));

void switch_to(struct context *from, struct context *to);
__asm__(".text\n.globl switch_to\n"
        "switch_to:\n"
        "  mov %rbx, (%rdi)\n  mov %rbp, 8(%rdi)\n  mov %r12, 16(%rdi)\n  mov %r13, 24(%rdi)\n"
        "  mov %r14, 32(%rdi)\n  mov %r15, 40(%rdi)\n"
        "  lea 8(%rsp), %rax\n  mov %rax, 48(%rdi)\n  mov (%rsp), %rax\n  mov %rax, 56(%rdi)\n"
        "  mov (%rsi), %rbx\n  mov 8(%rsi), %rbp\n  mov 16(%rsi), %r12\n  mov 24(%rsi), %r13\n"
        "  mov 32(%rsi), %r14\n  mov 40(%rsi), %r15\n  mov 48(%rsi), %rsp\n  jmp *56(%rsi)\n");

__attribute__((noinline)) int wait_for_reply(int request) {
  switch_to(&fibre, &host);
  return request + 1;
}

__attribute__((noinline)) int handle_request(int request) { return wait_for_reply(request * 2) + 1; }

void fibre_main(void) {
  for (int request = 21;; request++) handle_request(request);
}

void _start(void) {
  fibre.rsp = (unsigned long)(stack + sizeof stack - 8); // as behind a call
  fibre.rip = (unsigned long)fibre_main;
  switch_to(&host, &fibre);
  *(volatile int *)0 = 0;
}
