//! Passes the bytes of one direction of one connection. Entry point: [`Passage::pass`].

use super::pieces::Pieces;
use super::{Direction, Trouble};
use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// The most that is read at once, in bytes.
const READ: usize = 64 * 1024;
/// How many reads are held back before the sender has to wait.
const HELD: usize = 64;
/// How long passes between two slices.
const BETWEEN_SLICES: Duration = Duration::from_micros(200);

/// One direction of one connection.
pub(super) struct Passage<'a> {
    pub(super) from: &'a TcpStream,
    pub(super) to: &'a TcpStream,
    pub(super) direction: &'a Direction,
}

/// What was read, and when.
type Arrival = (Instant, Vec<u8>);

impl Passage<'_> {
    /// Passes everything until the sender ends, and then the end.
    ///
    /// # Errors
    /// Either side broke off, or the limit was reached.
    pub(super) async fn pass(&self) -> io::Result<()> {
        let (sender, receiver) = mpsc::channel(HELD);
        let ((), ()) = tokio::try_join!(self.receive(sender), self.deliver(receiver))?;
        Ok(())
    }

    async fn receive(&self, sender: mpsc::Sender<Arrival>) -> io::Result<()> {
        let mut buffer = vec![0; READ];
        loop {
            self.from.readable().await?;
            let count = match self.from.try_read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                other => other?,
            };
            let arrival = (Instant::now(), buffer.get(..count).unwrap_or_default().to_vec());
            if sender.send(arrival).await.is_err() || count == 0 {
                return Ok(());
            }
        }
    }

    async fn deliver(&self, mut receiver: mpsc::Receiver<Arrival>) -> io::Result<()> {
        let mut trouble = self.direction.trouble.subscribe();
        let mut pieces = Pieces::default();
        let mut left = None;
        while let Some((arrived_at, bytes)) = receiver.recv().await {
            let late = trouble.borrow_and_update().latency;
            sleep_until(arrived_at + late).await;
            for bytes in self.tampered(&mut pieces, &bytes) {
                self.write(&bytes, &mut trouble, &mut left).await?;
            }
        }
        heard(&mut trouble).await;
        // A side that is gone needs no end.
        let _ = socket2::SockRef::from(self.to).shutdown(std::net::Shutdown::Write);
        Ok(())
    }

    /// The bytes as they go on, in pieces where somebody tampers with them.
    fn tampered(&self, pieces: &mut Pieces, bytes: &[u8]) -> Vec<Vec<u8>> {
        match self.direction.tamper.lock().unwrap().as_mut() {
            Some(tamper) => pieces.cut(bytes, tamper),
            None => vec![pieces.uncut(bytes)],
        }
    }

    async fn write(
        &self,
        bytes: &[u8],
        trouble: &mut watch::Receiver<Trouble>,
        left: &mut Option<u64>,
    ) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let Trouble { bandwidth, slice, limit, .. } = heard(trouble).await;
            let allowed = limit.map(|limit| left.unwrap_or(limit).min(limit));
            if allowed == Some(0) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            let most = allowed.map_or(usize::MAX, |allowed| usize::try_from(allowed).unwrap_or(usize::MAX));
            let length = rest.len().min(slice.unwrap_or(usize::MAX)).min(most);
            let (now, later) = rest.split_at(length);
            self.write_all(now).await?;
            *left = allowed.map(|allowed| allowed - length as u64);
            rest = later;
            if let Some(bandwidth) = bandwidth {
                sleep(Duration::from_secs(1).mul_f64(length as f64 / bandwidth as f64)).await;
            } else if slice.is_some() {
                sleep(BETWEEN_SLICES).await;
            }
        }
        Ok(())
    }

    async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.to.writable().await?;
            match self.to.try_write(bytes) {
                Ok(count) => {
                    self.direction.passed.fetch_add(count as u64, Ordering::SeqCst);
                    bytes = bytes.get(count..).unwrap_or_default();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Waits until the direction is not silent; answers what is done to it then.
async fn heard(trouble: &mut watch::Receiver<Trouble>) -> Trouble {
    // The sender lives as long as the line.
    match trouble.wait_for(|trouble| !trouble.silent).await {
        Ok(trouble) => trouble.clone(),
        Err(_) => Trouble::default(),
    }
}
