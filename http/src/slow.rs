//! Bodies that come too slowly.

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use netscan_schemas::limits;
use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// A body came too slowly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body came too slowly: {got_bytes} bytes in {} s", waited.as_secs())]
pub struct TooSlow {
    got_bytes: u64,
    waited: Duration,
}

impl TooSlow {
    /// Returns it, if it is why something failed.
    pub fn cause_of(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(slow) = error.downcast_ref::<Self>() {
                return Some(*slow);
            }
            cause = error.source();
        }
        None
    }
}

/// Returns how long a body may take of which so much has come.
fn allowed(got_bytes: u64) -> Duration {
    limits::BODY_TIMEOUT + Duration::from_secs(got_bytes / limits::BODY_BYTES_PER_S_MIN)
}

/// A body that fails when it comes too slowly. Its time begins when it is first asked for.
pub struct Timed<B> {
    body: B,
    got_bytes: u64,
    timer: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<B> Timed<B> {
    /// Returns a body that is timed.
    pub fn new(body: B) -> Self {
        Self { body, got_bytes: 0, timer: None }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Timed<B>
where
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            if let Some(Ok(frame)) = &frame {
                this.got_bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let got_bytes = this.got_bytes;
        let (began, timer) = this.timer.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(sleep_until(now + allowed(0))))
        });
        let deadline = *began + allowed(got_bytes);
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        ready!(timer.as_mut().poll(context));
        let waited = began.elapsed();
        Poll::Ready(Some(Err(Box::new(TooSlow { got_bytes, waited }))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use http_body_util::{BodyExt, StreamBody};
    use std::convert::Infallible;

    /// Returns how long a body of so many pieces of one byte, one every so often, is read for.
    async fn read(pieces: u32, every: Duration) -> (Duration, Result<usize, TooSlow>) {
        let piece = move |left: u32| async move {
            if left == 0 {
                return None;
            }
            tokio::time::sleep(every).await;
            let frame = Frame::data(Bytes::from_static(b"x"));
            Some((Ok::<_, Infallible>(frame), left - 1))
        };
        let body = Timed::new(StreamBody::new(Box::pin(stream::unfold(pieces, piece))));
        let began = Instant::now();
        let read = body.collect().await;
        let read = read.map(|body| body.to_bytes().len());
        (began.elapsed(), read.map_err(|error| TooSlow::cause_of(&*error).unwrap()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_is_cut_off_and_a_steady_body_is_not() {
        let (took, whole) = read(20, Duration::from_secs(1)).await;
        assert_eq!((took.as_secs(), whole), (20, Ok(20)));
        let (took, cut) = read(1000, Duration::from_secs(7)).await;
        let slow = TooSlow { got_bytes: 4, waited: Duration::from_secs(30) };
        assert_eq!((took.as_secs(), cut), (30, Err(slow)));
    }

    #[test]
    fn a_large_body_has_more_time() {
        assert_eq!(allowed(0), limits::BODY_TIMEOUT);
        let most = allowed(limits::BODY_BYTES_MAX as u64);
        assert_eq!(most, limits::BODY_TIMEOUT + Duration::from_secs(512));
    }
}
