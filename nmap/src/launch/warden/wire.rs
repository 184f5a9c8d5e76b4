//! What the server and the warden say to each other: one JSON value a datagram.

use super::super::{Needs, Signal};
use netscan_schemas::{api::Sandbox, attempt::Ending};
use rustix::cmsg_space;
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Bytes of one message. The kernel's default socket buffer takes one of this size.
pub(in crate::launch) const MESSAGE_BYTES_MAX: usize = 160 * 1024;

/// The descriptors of a new process: standard input, output, error, and the XML as number 3.
pub(in crate::launch) const PASSED_FDS: usize = 4;

/// Names one process between the server and its warden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(in crate::launch) struct Token(pub(in crate::launch) u64);

/// From the server to the warden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::launch) enum Order {
    /// Start a program. Four descriptors come along.
    Spawn { token: Token, program: String, args: Vec<String>, tag: String, needs: Needs },
    /// Send a signal to a process and its group.
    Signal { token: Token, signal: Signal },
}

/// From the warden to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::launch) enum Report {
    /// The warden listens, and starts everything in this sandbox.
    Ready { sandbox: Sandbox },
    /// There will be no warden: the system lacks something just now.
    Unready { errno: i32 },
    /// The program runs.
    Spawned { token: Token, pid: u32, start_time: Option<u64> },
    /// The program does not run.
    Failed { token: Token, errno: i32 },
    /// The process and all that it started are gone.
    Exited { token: Token, ending: Ending, cpu_ms: u64 },
}

/// Returns a message as bytes.
pub(in crate::launch) fn encode(message: &impl Serialize) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec(message)?)
}

/// Sends one datagram, with descriptors if there are any.
pub(in crate::launch) fn send(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    fds: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(PASSED_FDS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(Errno::INVAL.into());
    }
    let flags = SendFlags::NOSIGNAL;
    rustix::io::retry_on_intr(|| sendmsg(socket, &[IoSlice::new(bytes)], &mut control, flags))?;
    Ok(())
}

/// What one reading of the socket gave.
pub(in crate::launch) enum Received<M> {
    /// A message, with the descriptors that came along.
    Message(M, Vec<OwnedFd>),
    /// The other side is gone.
    Closed,
}

/// Receives one datagram without waiting for it: `WouldBlock` says that there is none.
pub(in crate::launch) fn receive<M: DeserializeOwned>(
    socket: impl AsFd,
    buffer: &mut [u8],
) -> io::Result<Received<M>> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(PASSED_FDS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let received = rustix::io::retry_on_intr(|| {
        recvmsg(&socket, &mut [IoSliceMut::new(buffer)], &mut control, flags)
    });
    let received = match received {
        Ok(received) => received,
        Err(Errno::CONNRESET) => return Ok(Received::Closed),
        Err(errno) => return Err(errno.into()),
    };
    if received.bytes == 0 {
        return Ok(Received::Closed);
    }
    let fds = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(fds) => Some(fds),
        _ => None,
    });
    let fds: Vec<OwnedFd> = fds.flatten().collect();
    if received.flags.contains(ReturnFlags::TRUNC) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message was cut"));
    }
    let bytes = buffer.get(..received.bytes).unwrap_or_default();
    Ok(Received::Message(serde_json::from_slice(bytes)?, fds))
}

/// Returns a pair of connected ends that keep messages apart.
pub(in crate::launch) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
    let (ours, theirs) =
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
    for end in [&ours, &theirs] {
        // Room for one long message beside the short ones. The kernel gives what it allows.
        rustix::net::sockopt::set_socket_send_buffer_size(end, 2 * MESSAGE_BYTES_MAX)?;
    }
    Ok((ours, theirs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek, Write};

    fn spawn(args: Vec<String>) -> Order {
        Order::Spawn {
            token: Token(7),
            program: "/usr/bin/nmap".to_owned(),
            args,
            tag: "t/1".to_owned(),
            needs: Needs::default(),
        }
    }

    #[test]
    fn messages_stay_apart_and_whole() {
        let (here, there) = pair().unwrap();
        let orders = [
            spawn(vec!["-p".to_owned(), "with \"quotes\"\n and lines \u{1F980}".to_owned()]),
            Order::Signal { token: Token(u64::MAX), signal: Signal::Kill },
            spawn(vec!["x".repeat(MESSAGE_BYTES_MAX - 250)]),
        ];
        for order in &orders {
            send(here.as_fd(), &encode(order).unwrap(), &[]).unwrap();
        }
        let mut buffer = vec![0; MESSAGE_BYTES_MAX];
        for order in orders {
            let Received::Message(got, fds) = receive::<Order>(&there, &mut buffer).unwrap() else {
                panic!("the socket is open");
            };
            assert_eq!(got, order);
            assert!(fds.is_empty());
        }
        let nothing = receive::<Order>(&there, &mut buffer).err().unwrap();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        drop(here);
        assert!(matches!(receive::<Order>(&there, &mut buffer), Ok(Received::Closed)));
    }

    #[test]
    fn descriptors_arrive_with_their_message() {
        let (here, there) = pair().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"127.0.0.1\n").unwrap();
        file.rewind().unwrap();
        let fds = [file.as_fd(); PASSED_FDS];
        send(here.as_fd(), &encode(&spawn(Vec::new())).unwrap(), &fds).unwrap();
        let mut buffer = vec![0; MESSAGE_BYTES_MAX];
        let Received::Message(_, mut fds) = receive::<Order>(&there, &mut buffer).unwrap() else {
            panic!("the socket is open");
        };
        assert_eq!(fds.len(), PASSED_FDS);
        let flags = rustix::io::fcntl_getfd(&fds[0]).unwrap();
        assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
        let mut text = String::new();
        std::fs::File::from(fds.remove(0)).read_to_string(&mut text).unwrap();
        assert_eq!(text, "127.0.0.1\n");
    }

    #[test]
    fn nonsense_is_an_error_and_not_a_panic() {
        let (here, there) = pair().unwrap();
        let mut buffer = vec![0; 64];
        for bytes in [&b"{\"Spawn\":"[..], b"\xff\xfe", b"{\"Erase\":{}}", &[b'x'; 65]] {
            send(here.as_fd(), bytes, &[]).unwrap();
            let error = receive::<Order>(&there, &mut buffer).err().unwrap();
            assert_ne!(error.kind(), io::ErrorKind::WouldBlock);
        }
    }
}
