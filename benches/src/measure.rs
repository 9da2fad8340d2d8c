//! Runs processes and measures them: wall time, peak memory by wait4(2), start-up by posix_spawn(3), resident memory by ptrace(2).

use anyhow::{Context, Result, bail, ensure};
use std::ffi::CString;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::ptr;
use std::time::{Duration, Instant};

/// What a process that ended with exit code 0 took, and what it wrote.
pub struct Run {
    /// From before the spawn until it was waited for.
    pub wall: Duration,
    /// Processor time of it and of any child that it waited for, in user and system mode.
    pub cpu: Duration,
    /// The largest resident set of it and of any child that it waited for, in KiB (getrusage(2), `ru_maxrss`).
    ///
    /// A process starts with its parent's figure (Linux carries it over exec), so nothing below this program's own few MiB can be seen here.
    pub peak_kib: u64,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs a command to its end. Any other exit code than 0 is an error that shows what the process wrote.
pub fn run(command: &mut Command) -> Result<Run> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = std::thread::scope(|scope| {
        let stderr = scope.spawn(move || read_all(&mut err));
        (read_all(&mut out), stderr.join())
    });
    let (status, usage) = wait(child.id() as libc::pid_t)?;
    let wall = start.elapsed();
    let stdout = stdout?;
    let stderr = stderr.map_err(|_| anyhow::anyhow!("the reader of standard error panicked"))??;
    ensure!(
        libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0,
        "{command:?} ended with wait status {status:#x}\n{stdout}{stderr}"
    );
    let cpu = duration(usage.ru_utime) + duration(usage.ru_stime);
    Ok(Run { wall, cpu, peak_kib: usage.ru_maxrss as u64, stdout, stderr })
}

fn read_all(from: &mut Option<impl Read>) -> io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.read_to_end(&mut bytes)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The kernel's times are never negative.
fn duration(time: libc::timeval) -> Duration {
    Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
}

fn wait(pid: libc::pid_t) -> io::Result<(libc::c_int, libc::rusage)> {
    let mut status = 0;
    let mut usage = MaybeUninit::zeroed();
    loop {
        // SAFETY: both pointers are to live locals of the right types; `pid` is a child that nobody else waits for.
        if unsafe { libc::wait4(pid, &mut status, 0, usage.as_mut_ptr()) } == pid {
            // SAFETY: all bits zero is a valid rusage, and wait4 has filled it.
            return Ok((status, unsafe { usage.assume_init() }));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// A command made ready once, to be started many times with nothing but posix_spawn(3) and wait4(2) inside the measurement.
pub struct Starter {
    arguments: Vec<CString>,
    actions: libc::posix_spawn_file_actions_t,
}

impl Starter {
    /// Takes program (an absolute path) and arguments of `command`. The processes get an empty environment and /dev/null as standard output.
    pub fn new(command: &Command) -> Result<Starter> {
        let arguments = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|argument| CString::new(argument.as_bytes()))
            .collect::<Result<Vec<_>, _>>()?;
        let mut actions = MaybeUninit::uninit();
        // SAFETY: init initialises `actions`; addopen copies the path, which is NUL-terminated.
        let actions = unsafe {
            check(libc::posix_spawn_file_actions_init(actions.as_mut_ptr()))?;
            let mut actions = actions.assume_init();
            check(libc::posix_spawn_file_actions_addopen(&mut actions, 1, c"/dev/null".as_ptr(), libc::O_WRONLY, 0))?;
            actions
        };
        Ok(Starter { arguments, actions })
    }

    /// From before the spawn until the process was waited for.
    pub fn start_and_wait(&self) -> Result<Duration> {
        let mut pointers: Vec<_> = self.arguments.iter().map(|argument| argument.as_ptr().cast_mut()).collect();
        pointers.push(ptr::null_mut());
        let environment = [ptr::null_mut()];
        let mut pid = 0;
        let start = Instant::now();
        // SAFETY: both arrays are NULL-terminated and, like the strings they point to, outlive the call, which does not write to them.
        check(unsafe {
            libc::posix_spawn(
                &mut pid,
                pointers[0],
                &self.actions,
                ptr::null(),
                pointers.as_ptr(),
                environment.as_ptr(),
            )
        })?;
        let (status, _) = wait(pid)?;
        let wall = start.elapsed();
        ensure!(status == 0, "{:?} ended with wait status {status:#x}", self.arguments);
        Ok(wall)
    }
}

impl Drop for Starter {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, destroyed only here.
        unsafe { libc::posix_spawn_file_actions_destroy(&mut self.actions) };
    }
}

/// posix_spawn and its family return the error number.
fn check(error: libc::c_int) -> io::Result<()> {
    if error == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(error)) }
}

/// KiB resident in a process at the moment it exits: the `Rss` of its `smaps_rollup`, which, unlike `ru_maxrss`, knows nothing of the parent.
pub fn resident_at_exit(command: &mut Command) -> Result<u64> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    // SAFETY: ptrace(2) is a system call and touches no memory with this request, so it is safe between fork and exec.
    unsafe {
        command.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        });
    }
    let child = command.spawn().with_context(|| format!("cannot trace {command:?}"))?;
    let pid = child.id() as libc::pid_t;
    let mut resident = None;
    let mut prepared = false;
    loop {
        let (status, _) = wait(pid)?;
        if !libc::WIFSTOPPED(status) {
            ensure!(status == 0, "{command:?} ended with wait status {status:#x}");
            return resident.context("the traced process gave no exit event");
        }
        let mut signal = libc::WSTOPSIG(status);
        if !prepared {
            // The stop at exec. From here on, stop before exit too, and do not outlive the tracer.
            prepared = true;
            signal = 0;
            request(libc::PTRACE_SETOPTIONS, pid, libc::PTRACE_O_TRACEEXIT | libc::PTRACE_O_EXITKILL)?;
        } else if status >> 8 == (libc::SIGTRAP | libc::PTRACE_EVENT_EXIT << 8) {
            signal = 0;
            resident = Some(read_resident(pid)?);
        }
        request(libc::PTRACE_CONT, pid, signal)?;
    }
}

fn request(request: libc::c_uint, pid: libc::pid_t, data: libc::c_int) -> io::Result<()> {
    // SAFETY: the requests used here take a number as data and no address.
    match unsafe { libc::ptrace(request, pid, 0, libc::c_long::from(data)) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn read_resident(pid: libc::pid_t) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Rss:"));
    match line.and_then(|rest| rest.trim().strip_suffix(" kB")) {
        Some(number) => Ok(number.trim().parse()?),
        None => bail!("no Rss line in smaps_rollup"),
    }
}

/// Keeps this thread, and the processes it starts from now on, on one processor; `None` allows all again.
pub fn pin(core: Option<usize>) -> io::Result<()> {
    // SAFETY: all bits zero is an empty set; CPU_SET checks its index; the kernel reads `set` only.
    let result = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        match core {
            Some(core) => libc::CPU_SET(core, &mut set),
            None => (0..libc::CPU_SETSIZE as usize).for_each(|core| libc::CPU_SET(core, &mut set)),
        }
        libc::sched_setaffinity(0, size_of_val(&set), &set)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_captures_output_and_memory() {
        let run = run(Command::new("sh").args(["-c", "echo out; echo err >&2"])).expect("sh runs");
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("out\n", "err\n"));
        assert!(run.peak_kib > 0 && !run.wall.is_zero());
    }

    #[test]
    fn run_refuses_failure_with_its_output() {
        let error = run(Command::new("sh").args(["-c", "echo why >&2; exit 3"])).err().expect("exit code 3");
        assert!(error.to_string().contains("why"));
    }

    #[test]
    fn starter_refuses_failure() {
        assert!(Starter::new(&Command::new("/bin/true")).and_then(|s| s.start_and_wait()).is_ok());
        assert!(Starter::new(&Command::new("/bin/false")).and_then(|s| s.start_and_wait()).is_err());
    }

    #[test]
    fn resident_memory_is_the_processs_own() {
        // This process holds 64 MiB, which must not show in its child's figure.
        let ballast = vec![1u8; 64 << 20];
        let resident = resident_at_exit(&mut Command::new("/bin/true")).expect("true can be traced");
        assert!(resident > 0 && resident < 32 << 10, "{resident} KiB");
        assert_eq!(ballast[ballast.len() / 2], 1);
    }
}
