//! Which system calls nmap can do without.
//!
//! A list of what is denied and not of what is allowed: builds of nmap and its libraries differ,
//! and a call that one of them misses would be a scan that fails. Denied calls fail as on a kernel
//! that does not have them, so that the C library falls back from `clone3`, whose flags no filter
//! can see, to `clone`.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};
use std::{collections::BTreeMap, io};

/// Denied to nmap, and used by the warden.
const STARTING: &[libc::c_long] = &[
    libc::SYS_clone3,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_send_signal,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
];

/// Denied to the warden as well, which hands the denial on.
const DENIED: &[libc::c_long] = &[
    // other programs (the one `execve` is nmap's own)
    libc::SYS_execveat,
    // other processes
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_setns,
    libc::SYS_unshare,
    // other ways to files, and to calls that no filter sees
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // the file system's shape
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_quotactl,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    // the kernel itself
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_syslog,
    libc::SYS_acct,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
];

/// The kinds of socket that nmap opens: IP, and packets on an interface; interfaces and routes are
/// asked for by netlink. No UNIX socket: our own server listens on one.
const FAMILIES: [i32; 4] = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK, libc::AF_PACKET];

/// Set in the number of a call of the x32 kind, which reaches the same code in the kernel.
#[cfg(target_arch = "x86_64")]
const X32: i64 = 0x4000_0000;

/// Two filters as the kernel takes them. It looks at every call there is whenever one is put on,
/// so the long one is put on once.
pub(super) struct Filters {
    /// For the warden, and so for all that it starts.
    pub(super) warden: BpfProgram,
    /// For nmap, over the other.
    pub(super) nmap: BpfProgram,
}

/// Returns the filters.
pub(super) fn filters() -> io::Result<Filters> {
    let mut warden: BTreeMap<i64, Vec<SeccompRule>> =
        DENIED.iter().map(|call| (*call, Vec::new())).collect();
    #[cfg(target_arch = "x86_64")]
    for call in DENIED.iter().chain(STARTING).chain(&[libc::SYS_clone, libc::SYS_socket]) {
        warden.insert(call | X32, Vec::new());
    }
    let mut nmap: BTreeMap<i64, Vec<SeccompRule>> =
        STARTING.iter().map(|call| (*call, Vec::new())).collect();
    nmap.insert(libc::SYS_clone, vec![new_process().map_err(other)?]);
    nmap.insert(libc::SYS_socket, vec![odd_socket().map_err(other)?]);
    Ok(Filters { warden: compile(warden)?, nmap: compile(nmap)? })
}

fn compile(rules: BTreeMap<i64, Vec<SeccompRule>>) -> io::Result<BpfProgram> {
    let arch = TargetArch::try_from(std::env::consts::ARCH);
    let arch = arch.map_err(|_| other("there is no filter for this kind of processor"))?;
    let denied = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, denied, arch).map_err(other)?;
    filter.try_into().map_err(other)
}

/// Matches a `clone` that is not for a thread: some libraries start threads when they are loaded.
fn new_process() -> Result<SeccompRule, seccompiler::BackendError> {
    let thread = u64::from(libc::CLONE_THREAD.cast_unsigned());
    let is_none = SeccompCmpOp::MaskedEq(thread);
    SeccompRule::new(vec![SeccompCondition::new(0, SeccompCmpArgLen::Dword, is_none, 0)?])
}

/// Matches a socket of no kind that nmap has.
fn odd_socket() -> Result<SeccompRule, seccompiler::BackendError> {
    let is_not = |family: i32| {
        let family = u64::from(family.cast_unsigned());
        SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, family)
    };
    SeccompRule::new(FAMILIES.map(is_not).into_iter().collect::<Result<_, _>>()?)
}

fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::other(error)
}
