//! The reasons why this machine cannot run a BPF program between sockets.

use std::io;

use nix::errno::Errno;
use nix::sys::utsname::uname;

use crate::about::Unsupported;

/// The first Linux in which a program sees the end of a stream after its bytes, and the socket counts the bytes that the
/// program took (a series of corrections to sockmap by John Fastabend, 2023).
const OLDEST: (u32, u32) = (6, 4);

impl Unsupported {
    /// Returns the error of bpf(2), and what helps against it.
    pub fn bpf(error: &io::Error) -> Self {
        let remedy = match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EPERM | Errno::EACCES) => {
                "run it as root, or with the capabilities CAP_BPF and CAP_NET_ADMIN (in a container: `--cap-add BPF --cap-add \
                 NET_ADMIN`, and a seccomp profile that permits it)"
            }
            Some(Errno::ENOMEM) => {
                "free some memory, or raise the limit of locked memory (`ulimit -l`)"
            }
            _ => {
                "it needs a kernel built with CONFIG_BPF_SYSCALL, CONFIG_INET and CONFIG_BPF_STREAM_PARSER, as those of distributions are"
            }
        };
        Self(format!("bpf(2) says: {error}; {remedy}"))
    }

    /// Checks that the running kernel is new enough.
    ///
    /// # Errors
    /// The kernel is too old; the reason names its release.
    pub fn check_kernel_for_bpf() -> Result<(), Self> {
        let release = uname().map_or_else(
            |_| String::new(),
            |name| name.release().to_string_lossy().into_owned(),
        );
        too_old(&release).map_or(Ok(()), Err)
    }
}

/// Returns why a release such as `6.1.0-13-amd64` is too old. A release that cannot be parsed counts as new enough.
fn too_old(release: &str) -> Option<Unsupported> {
    let mut parts = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    let (Some(Ok(major)), Some(Ok(minor))) = (parts.next(), parts.next()) else {
        return None;
    };
    let (first_major, first_minor) = OLDEST;
    ((major, minor) < OLDEST).then(|| {
        Unsupported(format!(
            "this is Linux {release}, whose sockmap loses the end of a stream; it needs {first_major}.{first_minor} or later"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(errno: Errno) -> String {
        Unsupported::bpf(&errno.into()).0
    }

    #[test]
    fn why_there_are_no_programs_here_ends_with_what_helps() {
        let text = reason(Errno::EPERM);
        assert!(
            text.starts_with("bpf(2) says: Operation not permitted"),
            "{text}"
        );
        assert!(
            text.contains("run it as root, or with the capabilities CAP_BPF and CAP_NET_ADMIN"),
            "{text}"
        );
        for errno in [Errno::ENOSYS, Errno::EINVAL, Errno::EOPNOTSUPP] {
            assert!(reason(errno).contains("a kernel built with CONFIG_BPF_SYSCALL"));
        }
        assert!(reason(Errno::ENOMEM).contains("`ulimit -l`"));
    }

    #[test]
    fn a_kernel_that_is_too_old_says_so() {
        for old in ["5.15.0-91-generic", "6.1.0-13-amd64", "6.3.9"] {
            let text = too_old(old).expect("it is older than 6.4").0;
            assert!(
                text.contains(old) && text.ends_with("it needs 6.4 or later"),
                "{text}"
            );
        }
        for new in ["6.4", "6.18.44", "7.0-rc1", "unheard-of"] {
            assert_eq!(too_old(new), None);
        }
    }
}
