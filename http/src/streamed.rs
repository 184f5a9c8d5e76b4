//! Answers that are made while they are sent.

use crate::{
    metrics::Client,
    off_thread,
    problem::Failure,
    router::{Edge, Place},
};
use axum::body::{Body, Bytes};
use futures_util::stream;
use std::{error::Error, io};

/// Something that is written piece by piece. Blocks while the store is read.
pub trait Pieces: Send + 'static {
    /// Why it may end early.
    type Error: Error + Send + Sync + Into<Failure> + 'static;

    /// Returns the next piece, or `None` at the end.
    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, Self::Error>;
}

struct Sending<P> {
    pieces: P,
    _place: Place,
}

/// Returns a body of pieces: the next one is made when the one before is taken, and none any more
/// when the client is gone. A failure before the first is told as a problem; later ones break the
/// body off, so that nobody takes it for whole.
pub async fn body<P: Pieces>(edge: &Edge, mut pieces: P) -> Result<Body, Failure> {
    let place = edge.place(Client::Download)?;
    let (first, pieces) = off_thread(move || {
        let first = pieces.next_piece();
        (first, pieces)
    })
    .await?;
    let first = first.map_err(Into::into)?.map(|bytes| Ok::<_, io::Error>(Bytes::from(bytes)));
    let sending = Sending { pieces, _place: place };
    let rest = stream::try_unfold(sending, |mut sending| async move {
        let made = off_thread(move || {
            let piece = sending.pieces.next_piece();
            (piece, sending)
        });
        let Ok((piece, sending)) = made.await else {
            return Err(io::Error::other("the server is going down"));
        };
        match piece {
            Ok(piece) => Ok(piece.map(|bytes| (Bytes::from(bytes), sending))),
            Err(error) => {
                tracing::error!(%error, "an answer breaks off: {}", crate::problem::chain(&error));
                Err(io::Error::other(error))
            }
        }
    });
    Ok(Body::from_stream(futures_util::StreamExt::chain(stream::iter(first), rest)))
}
