/* A process of two threads without a C library, so that its dumps stay small and every byte in them is its own.
 *
 * The first thread fills its registers with values that tell them apart and then reads through a null pointer
 * (or, with -DPAUSE, waits for ever). The second waits in pause(2). `words` is memory to look at and to edit.
 * First of all the process unmaps the kernel's vDSO, which auxv entry 33 points to: its code is not ours to publish.
 */
unsigned char words[64] = "dumpedit: these bytes are here to be edited";
unsigned char second_stack[4096] __attribute__((aligned(16)));

#if defined(__x86_64__)
__asm__(".globl _start, crash_here\n"
        "_start:\n"
        "  mov (%rsp), %rax\n"
        "  lea 16(%rsp,%rax,8), %rsi\n"
        "1: mov (%rsi), %rax\n"
        "  add $8, %rsi\n"
        "  test %rax, %rax\n"
        "  jnz 1b\n"
        "2: mov (%rsi), %rax\n"
        "  mov 8(%rsi), %rdi\n"
        "  add $16, %rsi\n"
        "  cmp $33, %rax\n"
        "  jne 2b\n"
        "  mov $0x4000, %esi\n"
        "  mov $11, %eax\n" /* munmap */
        "  syscall\n"
        "  mov $56, %eax\n" /* clone(CLONE_VM | _FS | _FILES | _SIGHAND | _THREAD | _SYSVSEM, top of its stack) */
        "  mov $0x50f00, %edi\n"
        "  lea second_stack+4096(%rip), %rsi\n"
        "  xor %edx, %edx\n"
        "  xor %r10d, %r10d\n"
        "  xor %r8d, %r8d\n"
        "  syscall\n"
        "  test %eax, %eax\n"
        "  jz wait_for_ever\n"
        "  lea words(%rip), %rbx\n"
        "  movdqu (%rbx), %xmm0\n"
        "  movdqu 16(%rbx), %xmm1\n"
        "  movabs $0x1111111111111111, %rax\n"
        "  movabs $0x2222222222222222, %rdx\n"
        "  movabs $0x8888888888888888, %r8\n"
        "  movabs $0xfefefefefefefefe, %r15\n"
        "  push %r8\n"
        "  xor %ecx, %ecx\n"
#ifdef PAUSE
        "  jmp wait_for_ever\n"
#endif
        "crash_here:\n"
        "  mov (%rcx), %rdi\n"
        "wait_for_ever:\n"
        "  mov $34, %eax\n" /* pause */
        "  syscall\n"
        "  jmp wait_for_ever\n");
#elif defined(__i386__)
__asm__(".globl _start, crash_here\n"
        "_start:\n"
        "  mov (%esp), %eax\n"
        "  lea 8(%esp,%eax,4), %esi\n"
        "1: mov (%esi), %eax\n"
        "  add $4, %esi\n"
        "  test %eax, %eax\n"
        "  jnz 1b\n"
        "2: mov (%esi), %eax\n"
        "  mov 4(%esi), %ebx\n"
        "  add $8, %esi\n"
        "  cmp $33, %eax\n"
        "  jne 2b\n"
        "  mov $0x4000, %ecx\n"
        "  mov $91, %eax\n" /* munmap */
        "  int $0x80\n"
        "  mov $words, %ebx\n"
        "  mov $0x11111111, %eax\n"
        "  mov $0x22222222, %edx\n"
        "  push %edx\n"
        "  xor %ecx, %ecx\n"
        "crash_here:\n"
        "  mov (%ecx), %edi\n");
#endif
