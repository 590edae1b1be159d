//! Becomes another program that can do nothing but compute: read its input, write its output, and use a little memory and
//! time. For ffmpeg, which parses what strangers send; and for the part of this program that does.
//!
//! Two walls, each enough by itself for most of it. Landlock leaves no file within reach but the program and its libraries;
//! an old kernel does not have it. A filter of system calls leaves those that computing needs: no socket, no other process,
//! and what is not in its list does not exist.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

/// The program and what it is told.
#[derive(Debug, clap::Args)]
pub(super) struct Wish {
    program: PathBuf,
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Of memory in bytes, of time of the processor in seconds, of files that are open at once; and no file is written.
const LIMITS: [(Resource, u64); 4] =
    [(Resource::As, 1 << 30), (Resource::Cpu, 120), (Resource::Nofile, 32), (Resource::Fsize, 0)];

/// Where programs have their libraries: nothing secret lies there.
const LIBRARIES: [&str; 5] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"];

/// What a program needs that computes, in one thread or several.
#[rustfmt::skip]
const CALLS: &[i64] = &[
    // Its input and output, and its libraries.
    libc::SYS_read, libc::SYS_write, libc::SYS_readv, libc::SYS_writev, libc::SYS_pread64, libc::SYS_lseek,
    libc::SYS_openat, libc::SYS_close, libc::SYS_fstat, libc::SYS_newfstatat, libc::SYS_statx, libc::SYS_faccessat,
    libc::SYS_readlinkat, libc::SYS_getcwd, libc::SYS_getdents64, libc::SYS_fcntl, libc::SYS_ioctl, libc::SYS_ppoll,
    libc::SYS_pselect6,
    // Memory.
    libc::SYS_brk, libc::SYS_mmap, libc::SYS_munmap, libc::SYS_mremap, libc::SYS_mprotect, libc::SYS_madvise,
    // Itself and its threads.
    libc::SYS_execve, libc::SYS_exit, libc::SYS_exit_group, libc::SYS_clone, libc::SYS_clone3, libc::SYS_futex,
    libc::SYS_set_tid_address, libc::SYS_set_robust_list, libc::SYS_rseq, libc::SYS_gettid, libc::SYS_getpid,
    libc::SYS_getuid, libc::SYS_geteuid, libc::SYS_getgid, libc::SYS_getegid, libc::SYS_prlimit64,
    libc::SYS_sched_getaffinity, libc::SYS_sched_yield, libc::SYS_getrusage, libc::SYS_uname, libc::SYS_sysinfo,
    libc::SYS_getrandom, libc::SYS_rt_sigaction, libc::SYS_rt_sigprocmask, libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack, libc::SYS_restart_syscall,
    // The time.
    libc::SYS_clock_gettime, libc::SYS_clock_getres, libc::SYS_clock_nanosleep, libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
];

/// Older ones, which only some machines have.
#[cfg(target_arch = "x86_64")]
const OLDER: &[i64] = &[
    libc::SYS_arch_prctl,
    libc::SYS_open,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_poll,
    libc::SYS_select,
    libc::SYS_time,
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[i64] = &[];

/// Returns only if it fails.
pub(super) fn confine(wish: &Wish) -> anyhow::Result<()> {
    lock_in(Some(&wish.program))?;
    let error = Command::new(&wish.program).args(&wish.arguments).env_clear().exec();
    Err(anyhow::anyhow!("the program cannot be started: {}", error.kind()))
}

/// From now on this process can do nothing but compute, and become the program if one is named.
pub(super) fn lock_in(program: Option<&Path>) -> anyhow::Result<()> {
    for (resource, most) in LIMITS {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).context("the system sets no limits here")?;
    }
    close_files(program).context("the system closes no files here")?;
    close_calls().context("the system filters no system calls here")
}

/// As much of it as the kernel knows.
fn close_files(program: Option<&Path>) -> Result<(), landlock::RulesetError> {
    let newest = ABI::V5;
    let closed = Ruleset::default()
        .handle_access(AccessFs::from_all(newest))?
        .handle_access(AccessNet::from_all(newest))?
        .create()?;
    let read = AccessFs::from_read(newest);
    let closed = closed.add_rules(landlock::path_beneath_rules(program, read))?;
    closed.add_rules(landlock::path_beneath_rules(LIBRARIES, read))?.restrict_self()?;
    Ok(())
}

fn close_calls() -> anyhow::Result<()> {
    let known: BTreeMap<_, _> = CALLS.iter().chain(OLDER).map(|call| (*call, Vec::new())).collect();
    let unknown = SeccompAction::Errno(u32::try_from(libc::ENOSYS)?);
    let filter = SeccompFilter::new(known, unknown, SeccompAction::Allow, std::env::consts::ARCH.try_into()?)?;
    Ok(seccompiler::apply_filter(&BpfProgram::try_from(filter)?)?)
}
