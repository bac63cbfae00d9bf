//! The file of a Unix-domain socket: a server takes over a stale one, and removes only its own.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use socket2::{Domain, SockAddr, Socket, Type};

use crate::error::ServeError;
use model::Listen;

/// The file of a socket that this process has bound.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// Device and inode: another server may have put its own file at the same path.
    identity: (u64, u64),
}

impl SocketFile {
    /// The file of a socket that was just bound to this path.
    ///
    /// # Errors
    /// There is no such file any more.
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            identity: identity(path)?,
        })
    }

    /// Removes the file, which has no use without a server, unless another one is at its path.
    pub fn remove(&self) {
        if identity(&self.path).is_ok_and(|now| now == self.identity) {
            // If it stays, the next server finds that it is stale.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let file = fs::symlink_metadata(path)?;
    Ok((file.dev(), file.ino()))
}

/// Removes a socket file that an earlier server left behind: it would make `bind` fail.
///
/// # Errors
/// The file is no socket, or its socket is in use, or it cannot be removed.
pub fn remove_stale(path: &Path) -> Result<(), ServeError> {
    let Ok(existing) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !existing.file_type().is_socket() {
        return Err(ServeError::NotASocket { path: path.into() });
    }
    let listen = Listen::Unix(path.into());
    match try_to_connect(path).map_err(|error| (error.raw_os_error(), error)) {
        Err((Some(errno), _)) if errno == Errno::ECONNREFUSED as i32 => {
            fs::remove_file(path).map_err(|source| ServeError::listen(listen, source))
        }
        Err((Some(errno), error)) if errno == Errno::EACCES as i32 => {
            Err(ServeError::listen(listen, error))
        }
        Err((Some(errno), _)) if errno == Errno::ENOENT as i32 => Ok(()),
        // Another kind of socket (EPROTOTYPE), or one whose queue is full (EAGAIN), has an owner.
        Ok(()) | Err(_) => Err(ServeError::AddressInUse { listen }),
    }
}

/// Connects without waiting: the queue of a live listener may be full.
fn try_to_connect(path: &Path) -> io::Result<()> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
    socket.connect(&SockAddr::unix(path)?)
}
