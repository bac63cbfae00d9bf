//! The memory limits of a session.

/// The limits of one session. Without them, a client would decide how much memory the server uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest payload of a frame, and longest reply that a frame may ask for, in bytes. A longer one is a
    /// [`ProtocolError`](crate::ProtocolError). [`Protocol::Echo`](crate::Protocol::Echo) uses it only for datagrams.
    pub max_frame: usize,
    /// Number of bytes that a session holds, as input not yet decoded and output not yet sent, before it stops
    /// reading. At least [`Limits::MIN_HIGH_WATER`].
    pub high_water: usize,
}

impl Limits {
    /// The smallest high-water mark: a header and some payload must fit.
    pub const MIN_HIGH_WATER: usize = 64;

    /// These limits, with a high-water mark of at least [`Limits::MIN_HIGH_WATER`].
    #[must_use]
    pub const fn usable(self) -> Self {
        let high_water = if self.high_water < Self::MIN_HIGH_WATER {
            Self::MIN_HIGH_WATER
        } else {
            self.high_water
        };
        Self { high_water, ..self }
    }
}

impl Default for Limits {
    /// 16 MiB per frame, 16 KiB in memory.
    fn default() -> Self {
        Self {
            max_frame: 16 << 20,
            high_water: 16 << 10,
        }
    }
}
