/* What a program that wasmc compiled for a freestanding target needs of its platform.
 *
 * Link the object (`wasmc build --target riscv64gc-unknown-none-elf --emit obj app.wasm`), the runtime library of the target
 * (`tools/build-runtimes riscv64gc-unknown-none-elf`), and a platform that defines the functions named wasmc_platform_…;
 * then call wasmc_run. docs/targets.md has an example.
 *
 * The platform must have enabled floating point (on x86-64: SSE, and AVX unless the program is built for processors without), and
 * accesses to unaligned addresses (on AArch64: caches and the MMU).
 * Everything runs on one processor, without interrupts that call the program.
 */
#ifndef WASMC_PLATFORM_H
#define WASMC_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Defined by the platform. */

enum { WASMC_OUTPUT = 1, WASMC_ERRORS = 2 };

/* Writes bytes of the program's standard output, or of messages and standard error. */
void wasmc_platform_write(int stream, const uint8_t *bytes, size_t length);

/* Ends the program; does not return. The exit code is the program's, 1 where it could not start, or 134 after a trap. */
void wasmc_platform_exit(int code);

/* The memory for stack, linear memories and tables: its address, and its size in *size. Called once. What it holds does not
 * matter. */
void *wasmc_platform_memory(size_t *size);

/* Makes the bytes from start on inaccessible, so that an access is a fault; returns 0 when that is done. Called for the first
 * page of the address space, where null references lead, and for 64 KiB below the stack, a multiple of 64 KiB: the program
 * is not started where either fails, as it could then leave its sandbox. */
int wasmc_platform_forbid(void *start, size_t size);

/* Nanoseconds since some moment, for every clock of WASI. */
uint64_t wasmc_platform_time(void);

/* Fills with random bytes fit for keys; returns 0 when that is done, anything else where there is no source of them. */
int wasmc_platform_random(uint8_t *bytes, size_t length);

/* Defined by the runtime library. */

/* Runs the program; does not return. */
void wasmc_run(void);

enum {
  WASMC_FAULT_MEMORY = 1,      /* an access that was refused */
  WASMC_FAULT_INSTRUCTION = 2, /* an instruction that the processor does not have, or that always faults */
  WASMC_FAULT_ARITHMETIC = 3,  /* a division */
};

/* Registers at the faulting instruction. */
struct wasmc_fault {
  uint64_t kind;
  uint64_t program_counter;
  uint64_t stack_pointer;
  uint64_t frame_pointer; /* x29 on AArch64, s0 on RISC-V, rbp on x86-64 */
  uint64_t link;          /* x30 on AArch64, ra on RISC-V, nothing on x86-64 */
  uint64_t has_address;   /* whether the next is known */
  uint64_t address;       /* what was accessed */
};

/* Tells of a fault, which may be a trap of the program; does not return. To be called by the handler of exceptions, on a stack of
 * its own with 16 KiB or more: the program's may be full. */
void wasmc_fault(const struct wasmc_fault *fault);

#ifdef __cplusplus
}
#endif
#endif
