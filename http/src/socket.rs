//! One WebSocket: frames that are made already go out as they are, with no copy for a client.
//!
//! The protocol is tungstenite's: it reads what a client says, answers its pings, and closes. Only
//! pages of events pass it by, between two of its own frames: it is flushed before, and not asked
//! for anything until the page is out.

use crate::problem::Failure;
use axum::{
    body::Body,
    extract::{FromRequestParts, ws::WebSocketUpgrade},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use netscan_actors::{Frames, Page, whole_frames};
use netscan_schemas::problem::Code;
use std::{future::poll_fn, io::IoSlice, pin::Pin, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::CapacityError,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

/// Bytes of a message from a client.
pub const CLIENT_MESSAGE_MAX: usize = 4 * 1024;
/// How long a client may take nothing.
pub const SEND_WAIT: Duration = Duration::from_secs(10);
/// How long after that it may still come to learn why it is closed.
const LAST_WORDS_WAIT: Duration = Duration::from_secs(20);
/// Bytes that are held for it meanwhile, the rest of an event; with more it is cut off.
const LAST_WORDS_MAX: usize = 64 * 1024;
/// How long a client may take to close when it is told to.
const CLOSE_WAIT: Duration = Duration::from_secs(1);
/// Bytes read at a time: clients say next to nothing.
const READ_BYTES: usize = 512;
/// Bytes of our own words that wait for a client's socket (pongs, the first frame, the last).
const WORDS_MAX: usize = 64 * 1024;
/// Pieces of a page in one call to the kernel.
const PIECES: usize = 16;

/// The subprotocol that we speak; a client need not offer it.
pub const PROTOCOL: &str = "netscan.v1";
/// What stands before a ticket that is offered as a subprotocol.
const TICKET: &str = "ticket.";

/// Returns the subprotocols that a client offers.
fn offered(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).map(str::trim)
}

/// Returns the ticket that a client offers as a subprotocol.
pub fn offered_ticket(headers: &HeaderMap) -> Option<&str> {
    offered(headers).find_map(|protocol| protocol.strip_prefix(TICKET))
}

/// A request that asks for a WebSocket, as axum has checked it.
pub struct Upgrade {
    on_upgrade: OnUpgrade,
    key: HeaderValue,
    /// Whether the client offers our subprotocol: then the answer names it.
    is_named: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let on_upgrade = parts.extensions.get::<OnUpgrade>().cloned();
        let key = parts.headers.get(header::SEC_WEBSOCKET_KEY).cloned();
        // It would keep the socket to itself, so it only judges the request.
        let checked = WebSocketUpgrade::from_request_parts(parts, state).await;
        drop(checked.map_err(|rejection| refused(rejection.into_response()))?);
        let is_named = offered(&parts.headers).any(|protocol| protocol == PROTOCOL);
        if !is_named && offered_ticket(&parts.headers).is_some() {
            let detail = "a ticket is offered beside `netscan.v1`, which the answer names: \
                          `new WebSocket(url, [\"netscan.v1\", \"ticket.\" + ticket])`";
            return Err(Failure::new(Code::BadRequest, detail).into_response());
        }
        match (on_upgrade, key) {
            (Some(on_upgrade), Some(key)) => Ok(Self { on_upgrade, key, is_named }),
            _ => Err(Failure::new(Code::BadRequest, "a WebSocket needs HTTP/1.1").into_response()),
        }
    }
}

/// Names the method that a WebSocket takes, where that is what is wrong.
fn refused(mut refusal: Response) -> Response {
    if refusal.status() == StatusCode::METHOD_NOT_ALLOWED {
        refusal.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
    }
    refusal
}

/// A client's connection.
pub struct Socket<S> {
    stream: WebSocketStream<S>,
}

/// Why nothing more can be sent to a client.
pub enum Gone {
    /// It left.
    Left,
    /// It took nothing for [`SEND_WAIT`]; this is the rest of the event that it has a part of.
    Slow(Vec<u8>),
}

/// What a client did.
pub enum Heard {
    /// It is there.
    Something,
    /// It left.
    Leave,
    /// It broke the rules, and is to be closed with this code.
    Offence(u16, &'static str),
}

impl Upgrade {
    /// Returns the answer to the request, and what becomes the connection once it is sent; none
    /// when the client is gone by then.
    pub fn accept(self) -> (Response, impl Future<Output = Option<Socket<impl Io>>> + Send) {
        let accept = derive_accept_key(self.key.as_bytes());
        let headers = [
            (header::CONNECTION, "upgrade"),
            (header::UPGRADE, "websocket"),
            (header::SEC_WEBSOCKET_ACCEPT, &*accept),
        ];
        let mut response =
            (StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response();
        if self.is_named {
            let named = HeaderValue::from_static(PROTOCOL);
            response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, named);
        }
        let socket = async {
            let upgraded = self.on_upgrade.await.ok()?;
            Some(Socket::new(TokioIo::new(upgraded)).await)
        };
        (response, socket)
    }
}

/// What a socket needs of a connection.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Io for S {}

impl<S: Io> Socket<S> {
    /// Takes a connection whose handshake is done.
    pub async fn new(stream: S) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(WORDS_MAX)
            .max_message_size(Some(CLIENT_MESSAGE_MAX))
            .max_frame_size(Some(CLIENT_MESSAGE_MAX));
        Self { stream: WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await }
    }

    /// Sends words of our own.
    pub async fn say(&mut self, message: Message) -> Result<(), Gone> {
        match timeout(SEND_WAIT, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Gone::Left),
            Err(_) => Err(Gone::Slow(Vec::new())),
        }
    }

    /// Sends events. A client may be as slow as it likes, as long as it takes something.
    pub async fn send(&mut self, page: &Page) -> Result<(), Gone> {
        // What tungstenite has begun to say is said first.
        match timeout(SEND_WAIT, self.stream.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(Gone::Left),
            Err(_) => return Err(Gone::Slow(Vec::new())),
        }
        let mut pieces: Vec<&[u8]> = page.frames.iter().rev().map(Frames::bytes).collect();
        // The last piece is the next to go; of it so much is sent.
        let mut sent = 0;
        while let Some(piece) = pieces.last() {
            let mut slices = [IoSlice::new(&[]); PIECES];
            let later = pieces.iter().rev().skip(1).copied();
            let rest = std::iter::once(piece.get(sent..).unwrap_or_default()).chain(later);
            let mut count = 0;
            for (slice, bytes) in slices.iter_mut().zip(rest) {
                *slice = IoSlice::new(bytes);
                count += 1;
            }
            let slices = slices.get(..count).unwrap_or_default();
            let stream = self.stream.get_mut();
            let write = poll_fn(|cx| Pin::new(&mut *stream).poll_write_vectored(cx, slices));
            match timeout(SEND_WAIT, write).await {
                Ok(Ok(taken @ 1..)) => sent += taken,
                Ok(Ok(0) | Err(_)) => return Err(Gone::Left),
                Err(_) => {
                    let rest = sent..whole_frames(piece, sent);
                    return Err(Gone::Slow(piece.get(rest).unwrap_or_default().to_vec()));
                }
            }
            while let Some(piece) = pieces.last()
                && sent >= piece.len()
            {
                sent -= piece.len();
                pieces.pop();
            }
        }
        Ok(())
    }

    /// Waits for the client to do something. Safe to cancel.
    pub async fn hear(&mut self) -> Heard {
        match self.stream.next().await {
            Some(Ok(Message::Close(_))) | None => Heard::Leave,
            Some(Ok(_)) => Heard::Something,
            Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. }))) => {
                Heard::Offence(1009, "messages of clients have at most 4096 bytes")
            }
            Some(Err(Error::Utf8(_))) => Heard::Offence(1007, "that was not UTF-8"),
            Some(Err(Error::Protocol(_))) => Heard::Offence(1002, "that was no WebSocket frame"),
            Some(Err(_)) => Heard::Leave,
        }
    }

    /// Closes the connection, with the reason if the client takes it.
    pub async fn close(mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame { code: code.into(), reason: reason.into() };
        let said = async {
            self.stream.send(Message::Close(Some(frame))).await?;
            while let Some(Ok(_)) = self.stream.next().await {}
            // Unless what it still says is read, the kernel throws away what it is told.
            self.stream.get_mut().shutdown().await?;
            tokio::io::copy(self.stream.get_mut(), &mut tokio::io::sink()).await?;
            Ok::<_, Error>(())
        };
        // A client that does not listen is cut off.
        let _ = timeout(CLOSE_WAIT, said).await;
    }

    /// Closes the connection of a client that takes nothing: should it come to, it finds its last
    /// event whole, and the reason.
    pub async fn close_slow(mut self, rest: &[u8], code: u16, reason: &'static str) {
        if rest.len() > LAST_WORDS_MAX {
            return;
        }
        let said = timeout(LAST_WORDS_WAIT, self.stream.get_mut().write_all(rest)).await;
        if let Ok(Ok(())) = said {
            self.close(code, reason).await;
        }
    }
}
