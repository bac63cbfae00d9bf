//! A client of an experiment: it connects, sends, waits for its echo and leaves, each with a deadline and a time.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use measure::stop::Stop;

use crate::step::StepError;

/// Longest time between two looks at the user's wish to stop.
const LOOK: Duration = Duration::from_millis(100);

/// A connected client.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
}

impl Client {
    /// Connects. The kernel may do so before the server accepts.
    ///
    /// # Errors
    /// No server listens, or the accept queue stays full for `patience`.
    pub fn connect(address: SocketAddr, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LOOK))?;
        Ok(Self { stream })
    }

    /// The socket, for options that only one experiment needs.
    pub const fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends bytes, and waits until the kernel has taken them all.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Waits until this number of bytes has come back, until `patience` is over, or until the server closes the connection. Returns
    /// the number that came.
    ///
    /// # Errors
    /// The user stops the experiment.
    pub fn receive(
        &mut self,
        stop: &Stop,
        bytes: usize,
        patience: Duration,
    ) -> Result<usize, StepError> {
        let deadline = Instant::now() + patience;
        let mut buffer = vec![0; bytes.clamp(1, 1 << 16)];
        let mut came = 0;
        while came < bytes && Instant::now() < deadline {
            if stop.is_requested() {
                return Err(StepError::Stopped);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let wait = left.clamp(Duration::from_millis(1), LOOK);
            self.stream.set_read_timeout(Some(wait))?;
            let most = buffer.len().min(bytes - came);
            match self.stream.read(&mut buffer[..most]) {
                Ok(0) => break,
                Ok(n) => came += n,
                Err(error) if is_timeout(&error) => {}
                Err(_) => break,
            }
        }
        Ok(came)
    }

    /// Sends bytes and waits for their echo. Returns the time it took; `None` if it did not come whole within `patience`.
    ///
    /// # Errors
    /// The connection is broken, or the user stops the experiment.
    pub fn ask(
        &mut self,
        stop: &Stop,
        bytes: &[u8],
        patience: Duration,
    ) -> Result<Option<Duration>, StepError> {
        let began = Instant::now();
        if self.send(bytes).is_err() {
            return Ok(None);
        }
        let came = self.receive(stop, bytes.len(), patience)?;
        Ok((came == bytes.len()).then(|| began.elapsed()))
    }
}

/// True if a call ended because its time was over, or because of a signal.
pub fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

/// Waits, and ends early with an error if the user stops the experiment.
///
/// # Errors
/// The user stops it.
pub fn pause(stop: &Stop, time: Duration) -> Result<(), StepError> {
    let deadline = Instant::now() + time;
    loop {
        if stop.is_requested() {
            return Err(StepError::Stopped);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(LOOK));
    }
}
