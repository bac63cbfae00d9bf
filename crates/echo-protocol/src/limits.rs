//! The memory limits of a session.

/// The limits of one session. Without them, a client would decide how much memory the server uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest payload of a frame, and longest reply that a frame may ask for, in bytes. A longer one is a
    /// [`ProtocolError`](crate::ProtocolError). [`Protocol::Echo`](crate::Protocol::Echo) uses it only for datagrams.
    pub max_frame: usize,
    /// Number of bytes that a session holds, as input not yet decoded and output not yet sent, before it stops
    /// reading. From [`Limits::MIN_HIGH_WATER`] to [`Limits::MAX_HIGH_WATER`].
    pub high_water: usize,
    /// True if the reply to a datagram may be longer than its request. The sender of a datagram can be forged, so a server
    /// that other machines can reach would multiply an attack on the forged sender.
    pub amplify: bool,
}

impl Limits {
    /// The smallest high-water mark: a header and some payload must fit.
    pub const MIN_HIGH_WATER: usize = 64;

    /// The largest high-water mark: a session borrows a buffer of this size at once.
    pub const MAX_HIGH_WATER: usize = 64 << 20;

    /// The largest limit of a frame.
    pub const MAX_FRAME: usize = 1 << 30;

    /// These limits, with a high-water mark inside of its bounds.
    #[must_use]
    pub const fn usable(self) -> Self {
        let high_water = if self.high_water < Self::MIN_HIGH_WATER {
            Self::MIN_HIGH_WATER
        } else if self.high_water > Self::MAX_HIGH_WATER {
            Self::MAX_HIGH_WATER
        } else {
            self.high_water
        };
        Self { high_water, ..self }
    }
}

impl Default for Limits {
    /// 16 MiB per frame, 16 KiB in memory, any reply to a datagram.
    fn default() -> Self {
        Self {
            max_frame: 16 << 20,
            high_water: 16 << 10,
            amplify: true,
        }
    }
}
