//! Asks the kernel for this network namespace's interfaces, by rtnetlink: `/sys` may show those of
//! another namespace.

use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with,
};
use std::{io, os::fd::OwnedFd};

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its name.
    pub name: String,
    /// Whether packets can leave by it: it is up and has a carrier.
    pub is_up: bool,
}

/// `linux/netlink.h`, `linux/rtnetlink.h`, `linux/if.h`.
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const NLM_F_REQUEST_DUMP: u16 = 0x301;
const IFLA_IFNAME: u16 = 3;
const IFF_UP_RUNNING: u32 = 0x41;
/// Bytes of `nlmsghdr` and of `ifinfomsg`.
const HEADER_BYTES: usize = 16;
/// The kernel sends less at a time.
const BUFFER_BYTES: usize = 64 * 1024;

/// Returns all interfaces.
///
/// # Errors
/// When the kernel does not answer, or not as documented.
pub fn all() -> io::Result<Vec<Link>> {
    let flags = SocketFlags::CLOEXEC;
    // Without a protocol it is rtnetlink, which is number 0.
    let family = AddressFamily::NETLINK;
    let socket = socket_with(family, SocketType::RAW, flags, None)?;
    send(&socket, &request(), SendFlags::empty())?;
    let mut links = Vec::new();
    while read_some(&socket, &mut links)? {}
    Ok(links)
}

fn request() -> [u8; 2 * HEADER_BYTES] {
    let mut bytes = [0; 2 * HEADER_BYTES];
    bytes[..4].copy_from_slice(&(2 * HEADER_BYTES as u32).to_ne_bytes());
    bytes[4..6].copy_from_slice(&RTM_GETLINK.to_ne_bytes());
    bytes[6..8].copy_from_slice(&NLM_F_REQUEST_DUMP.to_ne_bytes());
    bytes
}

/// Reads one datagram; returns whether more follow.
fn read_some(socket: &OwnedFd, links: &mut Vec<Link>) -> io::Result<bool> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let (count, _) = recv(socket, &mut buffer, RecvFlags::empty())?;
    read_messages(&buffer[..count], links).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "the kernel's list of interfaces is cut off")
    })?
}

fn read_messages(mut bytes: &[u8], links: &mut Vec<Link>) -> Option<io::Result<bool>> {
    while !bytes.is_empty() {
        let length = usize::try_from(number(bytes, 0)?).ok()?;
        let message = bytes.get(HEADER_BYTES..length)?;
        match short(bytes, 4)? {
            NLMSG_DONE => return Some(Ok(false)),
            NLMSG_ERROR => return Some(Err(io::ErrorKind::Unsupported.into())),
            RTM_NEWLINK => links.push(link(message)?),
            _ => {}
        }
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Some(Ok(true))
}

fn link(message: &[u8]) -> Option<Link> {
    let flags = number(message, 8)?;
    let mut attributes = message.get(HEADER_BYTES..)?;
    let mut name = String::new();
    while !attributes.is_empty() {
        let length = usize::from(short(attributes, 0)?);
        let value = attributes.get(4..length)?;
        if short(attributes, 2)? == IFLA_IFNAME {
            name = String::from_utf8_lossy(value.strip_suffix(b"\0")?).into_owned();
        }
        attributes = attributes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Some(Link { name, is_up: flags & IFF_UP_RUNNING == IFF_UP_RUNNING })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_of_loopback() {
        let links = all().unwrap();
        assert!(links.iter().any(|link| link.name == "lo"), "{links:?}");
    }

    #[test]
    fn what_is_cut_off_is_no_answer() {
        let mut message = Vec::new();
        message.extend(40u32.to_ne_bytes());
        message.extend(RTM_NEWLINK.to_ne_bytes());
        message.extend([0; 10 + 8]);
        message.extend(0x49u32.to_ne_bytes());
        message.extend([0; 4]);
        message.extend(7u16.to_ne_bytes());
        message.extend(IFLA_IFNAME.to_ne_bytes());
        message.extend(*b"lo\0\0");
        let mut links = Vec::new();
        assert!(read_messages(&message, &mut links).unwrap().unwrap());
        assert_eq!(links, [Link { name: "lo".into(), is_up: true }]);
        for cut in 1..message.len() - 1 {
            assert!(read_messages(&message[..cut], &mut Vec::new()).is_none(), "{cut}");
        }
    }
}
