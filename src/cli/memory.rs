//! Keeps what is in memory there: no core dump, and no debugger of the same user.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Asks the kernel for it. What it refuses is said; the program works without.
pub(super) fn keep_private() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if setrlimit(Resource::Core, none).is_err() {
        super::warn("core dumps cannot be switched off here");
    }
    if hide().is_err() {
        super::warn("other programs of this user can read the memory of this one");
    }
}

#[cfg(target_os = "linux")]
fn hide() -> rustix::io::Result<()> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
}

#[cfg(not(target_os = "linux"))]
fn hide() -> rustix::io::Result<()> {
    Err(rustix::io::Errno::NOSYS)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn the_kernel_keeps_memory_from_dumps_and_debuggers() {
        super::keep_private();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
    }
}
