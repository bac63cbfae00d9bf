//! Both echoes over datagrams, on the server's side: one datagram is one request, and one datagram is its reply.
//!
//! There is no conversation and therefore no session: a datagram contains everything that its reply needs. The reply is
//! made in the buffer of the request, as in a session.

use crate::error::ProtocolError;
use crate::frame::{HEADER, Header, Work};
use crate::limits::Limits;
use crate::protocol::Protocol;

/// The longest datagram that IPv4 carries: 65,535 bytes minus the headers of IP (20) and UDP (8); RFC 791 and RFC 768.
pub const LONGEST_DATAGRAM: usize = 65_507;

/// The reply to one datagram: the first bytes of its buffer, once the work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Number of bytes to send back.
    pub bytes: usize,
    /// The work to do before the reply.
    pub work: Option<Work>,
}

/// Length of the longest datagram of this protocol, request or reply, with these limits: a payload of
/// [`Limits::max_frame`] and the header of a frame, but at most what a datagram can carry. A buffer of this size is
/// large enough for [`answer`].
pub fn longest_datagram(protocol: Protocol, limits: Limits) -> usize {
    let header = match protocol {
        Protocol::Echo | Protocol::Http | Protocol::Line => 0,
        Protocol::Framed => HEADER,
    };
    limits
        .max_frame
        .saturating_add(header)
        .min(LONGEST_DATAGRAM)
}

/// Replaces the datagram of `received` bytes at the front of `buffer` by its reply. `received` may be larger than the
/// buffer: then the kernel has cut the datagram.
///
/// # Errors
/// The datagram is longer than [`longest_datagram`], or it is not exactly one frame. There is no reply then.
pub fn answer(
    protocol: Protocol,
    limits: Limits,
    buffer: &mut [u8],
    received: usize,
) -> Result<Answer, ProtocolError> {
    let limit = longest_datagram(protocol, limits).min(buffer.len());
    if received > limit {
        let payload = received as u32;
        return Err(ProtocolError::TooLong {
            at: 0,
            payload,
            limit,
        });
    }
    match protocol {
        Protocol::Echo | Protocol::Http | Protocol::Line => Ok(Answer {
            bytes: received,
            work: None,
        }),
        Protocol::Framed => answer_frame(limits, &mut buffer[..limit], received),
    }
}

fn answer_frame(
    limits: Limits,
    buffer: &mut [u8],
    received: usize,
) -> Result<Answer, ProtocolError> {
    let room = buffer.len().saturating_sub(HEADER);
    let missing = |missing: usize| ProtocolError::Truncated {
        at: received as u64,
        missing: missing as u64,
    };
    let Some(bytes) = buffer[..received].first_chunk_mut::<HEADER>() else {
        return Err(missing(HEADER - received));
    };
    let limits = Limits {
        // The reply goes into the same buffer, which may be smaller than the longest datagram.
        max_frame: limits.max_frame.min(LONGEST_DATAGRAM - HEADER).min(room),
        ..limits
    };
    let header = Header::decode(bytes, 0, limits)?;
    if header.done {
        return Err(ProtocolError::UnknownWork {
            at: 0,
            kind: bytes[4],
            micros: 0,
        });
    }
    let (payload, reply) = (header.payload as usize, header.reply_size as usize);
    let end = HEADER + payload;
    if end > received {
        return Err(missing(end - received));
    }
    if end < received {
        return Err(ProtocolError::Surplus {
            at: end as u64,
            bytes: (received - end) as u64,
        });
    }
    if !limits.amplify && reply > payload {
        return Err(ProtocolError::Amplifies {
            reply_size: header.reply_size,
            payload: header.payload,
        });
    }
    header.write_reply(bytes);
    let bytes = HEADER + reply;
    if bytes > end {
        buffer[end..bytes].fill(0);
    }
    Ok(Answer {
        bytes,
        work: header.work,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::frame::DONE;

    const SMALL: Limits = Limits {
        max_frame: 100,
        high_water: 64,
        amplify: true,
    };

    fn frame(reply_size: u32, payload: &[u8], work: Option<Work>) -> Vec<u8> {
        let header = Header {
            work,
            done: false,
            id: 7,
            reply_size,
            payload: payload.len() as u32,
        };
        [&header.encode(), payload].concat()
    }

    /// The reply to a datagram, and the work before it.
    fn exchange(
        protocol: Protocol,
        request: &[u8],
    ) -> Result<(Vec<u8>, Option<Work>), ProtocolError> {
        let mut buffer = vec![0xaa; longest_datagram(protocol, SMALL)];
        let fits = request.len().min(buffer.len());
        buffer[..fits].copy_from_slice(&request[..fits]);
        let answer = answer(protocol, SMALL, &mut buffer, request.len())?;
        Ok((buffer[..answer.bytes].to_vec(), answer.work))
    }

    #[test]
    fn an_echo_is_an_exact_copy_up_to_the_limit() {
        for len in [0, 1, 99, 100] {
            let request = vec![5; len];
            assert_eq!(exchange(Protocol::Echo, &request), Ok((request, None)));
        }
        let too_long = exchange(Protocol::Echo, &[5; 101]).unwrap_err();
        assert!(
            too_long
                .to_string()
                .contains("101 bytes, more than the limit of 100"),
            "{too_long}"
        );
    }

    #[test]
    fn a_reply_that_does_not_fit_into_the_buffer_is_refused() {
        let request = frame(100, b"hello", None);
        let mut buffer = request.clone();
        let error = answer(Protocol::Framed, SMALL, &mut buffer, request.len()).unwrap_err();
        assert!(error.to_string().contains("limit of 5"), "{error}");
    }

    #[test]
    fn a_reply_is_shortened_or_padded_with_zeros() {
        let spin = Some(Work::Spin(Duration::from_micros(9)));
        for (size, payload) in [
            (5, &b"hello"[..]),
            (2, b"he"),
            (8, b"hello\0\0\0"),
            (100, &[&b"hello"[..], &[0; 95]].concat()),
        ] {
            let (reply, work) = exchange(Protocol::Framed, &frame(size, b"hello", spin)).unwrap();
            let mut expected = frame(size, payload, spin);
            expected[4] |= DONE;
            assert_eq!((reply, work), (expected, spin));
        }
    }

    #[test]
    fn without_amplification_no_reply_is_longer_than_its_request() {
        let limits = Limits {
            amplify: false,
            ..SMALL
        };
        let reply_to = |request: &[u8]| {
            let mut buffer = vec![0; 200];
            buffer[..request.len()].copy_from_slice(request);
            answer(Protocol::Framed, limits, &mut buffer, request.len())
        };
        for size in [0, 5] {
            let answer = reply_to(&frame(size, b"hello", None)).unwrap();
            assert_eq!(answer.bytes, HEADER + size as usize);
        }
        let error = reply_to(&frame(6, b"hello", None)).unwrap_err();
        assert_eq!(ProtocolError::KINDS[error.kind()], "reply-too-long");
        assert!(
            error
                .to_string()
                .ends_with("start the server with --amplify"),
            "{error}"
        );
    }

    #[test]
    fn a_datagram_that_is_not_exactly_one_frame_has_no_reply() {
        let whole = frame(5, b"hello", None);
        let kind = |bytes: &[u8]| {
            let error = exchange(Protocol::Framed, bytes).unwrap_err();
            ProtocolError::KINDS[error.kind()]
        };
        assert_eq!(kind(&[]), "truncated");
        assert_eq!(kind(&whole[..24]), "truncated");
        assert_eq!(kind(&[&whole[..], b"!"].concat()), "surplus");
        assert_eq!(kind(&frame(101, b"", None)), "reply-too-long");
        assert_eq!(kind(&frame(0, &[0; 101], None)), "too-long");
        assert_eq!(kind(&[0; 20]), "too-short");
        let mut done = frame(5, b"hello", Some(Work::Sleep(Duration::ZERO)));
        done[4] |= DONE;
        assert_eq!(kind(&done), "unknown-work");
    }

    #[test]
    fn no_limit_is_above_what_a_datagram_can_carry() {
        for protocol in Protocol::ECHOES {
            assert_eq!(
                longest_datagram(protocol, Limits::default()),
                LONGEST_DATAGRAM
            );
        }
        let mut buffer = vec![0; LONGEST_DATAGRAM];
        let request = frame((LONGEST_DATAGRAM - HEADER) as u32 + 1, b"", None);
        buffer[..request.len()].copy_from_slice(&request);
        let error = answer(
            Protocol::Framed,
            Limits::default(),
            &mut buffer,
            request.len(),
        );
        assert!(
            matches!(error, Err(ProtocolError::ReplyTooLong { .. })),
            "{error:?}"
        );
    }

    proptest! {
        #[test]
        fn no_datagram_causes_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for protocol in Protocol::ECHOES {
                if let Ok((reply, _)) = exchange(protocol, &bytes) {
                    prop_assert!(reply.len() <= longest_datagram(protocol, SMALL));
                }
            }
        }
    }
}
