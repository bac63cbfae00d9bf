//! A message that a program sends: its number and its time, to find what is missing, late or out of order.

/// What a generated message begins with: `SEQUENCE TIME`, in decimal digits. Padding may follow after a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Number of the message among those of its sender.
    pub sequence: u64,
    /// When it was due or sent, in nanoseconds of a clock that the sender and its receivers share.
    pub nanos: u64,
}

impl Stamp {
    /// The longest text of a stamp without padding.
    pub const LONGEST: usize = 2 * 20 + 1;

    /// A message with this stamp and dots after it, so that it has `size` bytes without its end; more if the stamp is longer.
    pub fn message(self, size: usize) -> Vec<u8> {
        let mut text = format!("{} {}", self.sequence, self.nanos).into_bytes();
        if text.len() < size {
            text.push(b' ');
            text.resize(size, b'.');
        }
        text.push(b'\n');
        text
    }

    /// The stamp in a text; `None` if it has none.
    pub fn of(text: &[u8]) -> Option<Self> {
        let mut words = text.split(|&byte| byte == b' ');
        let (sequence, nanos) = (number(words.next()?)?, number(words.next()?)?);
        Some(Self { sequence, nanos })
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        let value = char::from(*digit).to_digit(10)?;
        number.checked_mul(10)?.checked_add(u64::from(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_comes_back_from_its_message_of_any_size() {
        let stamps = [(0, 0), (7, 12_345), (u64::MAX, u64::MAX)];
        for (sequence, nanos) in stamps {
            let stamp = Stamp { sequence, nanos };
            for size in [0, 1, 64, 1000] {
                let message = stamp.message(size);
                let text = message.strip_suffix(b"\n").expect("a line has an end");
                assert!(text.len() >= size && text.len() <= size.max(Stamp::LONGEST));
                assert_eq!(Stamp::of(text), Some(stamp));
            }
        }
    }

    #[test]
    fn what_is_no_stamp_has_none() {
        for text in ["", "7", "x 7", "7 ", "7 99999999999999999999", "-1 7"] {
            assert_eq!(Stamp::of(text.as_bytes()), None, "{text}");
        }
    }
}
