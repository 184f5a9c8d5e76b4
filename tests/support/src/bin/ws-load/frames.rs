//! Frames of a WebSocket as a server sends them, found in a stream of bytes.

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole text message.
    Text,
    Ping,
    Close,
    /// What our server does not send, or asks nothing of a client.
    Other,
}

/// The longest header.
pub(crate) const HEADER_MAX: usize = 10;

/// Returns what begins these bytes, how long its header is and how long its payload; `None` when
/// the header is not all there yet.
pub(crate) fn header(bytes: &[u8]) -> Option<(Kind, usize, usize)> {
    let [first, second, rest @ ..] = bytes else { return None };
    let kind = match first {
        0x81 => Kind::Text,
        0x89 => Kind::Ping,
        0x88 => Kind::Close,
        _ => Kind::Other,
    };
    match second & 0x7f {
        126 => {
            let length = u16::from_be_bytes(*rest.first_chunk()?);
            Some((kind, 4, usize::from(length)))
        }
        127 => {
            let length = u64::from_be_bytes(*rest.first_chunk()?);
            Some((kind, 10, usize::try_from(length).unwrap_or(usize::MAX)))
        }
        length => Some((kind, 2, usize::from(length))),
    }
}

/// Returns a pong with these words. A client has to mask what it sends; a mask of zeros is one.
pub(crate) fn pong(words: &[u8]) -> Vec<u8> {
    // Words of a ping are 125 bytes at most.
    let mut frame = vec![0x8a, 0x80 | words.len().min(125) as u8, 0, 0, 0, 0];
    frame.extend(words.iter().take(125));
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_every_length_are_found() {
        assert_eq!(header(&[0x81]), None);
        assert_eq!(header(&[0x81, 5]), Some((Kind::Text, 2, 5)));
        assert_eq!(header(&[0x81, 126, 1]), None);
        assert_eq!(header(&[0x81, 126, 1, 0]), Some((Kind::Text, 4, 256)));
        assert_eq!(header(&[0x88, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Some((Kind::Close, 10, 65536)));
    }

    #[test]
    fn a_pong_says_what_the_ping_said() {
        assert_eq!(pong(b"ab"), [0x8a, 0x82, 0, 0, 0, 0, b'a', b'b']);
    }
}
