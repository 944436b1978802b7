//! Takes feedback on answers. Entry points: [`Feedback::receive`], and [`Feedback::waiting`] for the next report.
//!
//! A piece of feedback is attributed by the id of the answer alone, which the gateway that answered has signed: nothing
//! is looked up, and any gateway can take it. Pieces are kept as records until the controller says that they are durable,
//! in bounded number, and beyond it refused and counted; an answer that is rated or reported twice is counted once there.

use crate::clock::Clock;
use crate::metrics::{Count, FeedbackCounts};
use crate::request_id::PlainId;
use crate::snapshot::Serving;
use http::StatusCode;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use viridian_core::analysis::row::FeedbackRecord;
use viridian_core::opinion::NotAnOpinion;
use viridian_core::score::{Definition, Given, NotAScore};
use viridian_wire::feedback::{self, Refused, Request, Response};

/// The most pieces one report brings.
const MOST_REPORTED: usize = 5_000;

/// Feedback that is not durable yet.
pub(crate) struct Feedback {
    waiting: Mutex<VecDeque<FeedbackRecord>>,
    most: usize,
    longest: Duration,
    accepted: Count,
    refused: Count,
    dropped: Count,
}

/// So much of the name of a score is told to whoever wrote it.
const TOLD: usize = 40;

/// Why a piece of feedback is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error("the id was not issued here, or was changed")]
    Forged,
    #[error("no arm was decided for this request, so there is nothing to rate")]
    Unattributable,
    #[error("the application of this answer is not served here")]
    UnknownApplication,
    #[error("the answer is too old for feedback")]
    Expired,
    #[error(
        "the value is a number beyond the application's scale, which is from 0 to 1 unless it has another"
    )]
    OutOfRange,
    #[error("the value is a category that the application does not have")]
    UnknownCategory,
    #[error("the application has no score '{0}'")]
    UnknownScore(String),
    #[error("the score '{0}' is a number on its scale, {1}")]
    ScoreOutOfRange(String, String),
    #[error("the score '{0}' is not given by this judge: {1}")]
    OtherJudge(String, String),
    #[error("a judge gives scores, and there are none")]
    NothingJudged,
    #[error("too much feedback is waiting; try again")]
    Full,
}

impl Feedback {
    /// A queue of at most `most` pieces, for answers at most so old.
    pub(crate) fn new(most: usize, longest: Duration) -> Self {
        Self {
            waiting: Mutex::default(),
            most,
            longest,
            accepted: Count::default(),
            refused: Count::default(),
            dropped: Count::default(),
        }
    }

    /// Takes what can be attributed. The status is that of the first piece when none could.
    pub(crate) fn receive(
        &self,
        request: Request,
        serving: &Serving,
        clock: &Clock,
    ) -> (StatusCode, Response) {
        let pieces = match request {
            Request::One(piece) => vec![piece],
            Request::Several(pieces) => pieces,
        };
        let mut response = Response::default();
        for (index, piece) in pieces.into_iter().enumerate() {
            match self.accept(piece, serving, clock) {
                Ok(()) => response.accepted += 1,
                Err(refusal) => response.refused.push(refusal.describe(index)),
            }
        }
        let status = match response.refused.first() {
            Some(first) if response.accepted == 0 => StatusCode::from_u16(first.status).unwrap_or_default(),
            _ => StatusCode::ACCEPTED,
        };
        (status, response)
    }

    /// The oldest pieces that are not durable yet, as many as a report holds.
    pub(crate) fn waiting(&self) -> Vec<FeedbackRecord> {
        self.lock().iter().take(MOST_REPORTED).cloned().collect()
    }

    /// Drops what a report brought to where it lasts.
    pub(crate) fn forget(&self, durable: &[FeedbackRecord]) {
        let mut waiting = self.lock();
        let is_front = waiting.iter().zip(durable).all(|(waits, lasts)| waits == lasts);
        if is_front {
            let count = durable.len().min(waiting.len());
            waiting.drain(..count);
        }
    }

    pub(crate) fn counts(&self) -> FeedbackCounts {
        FeedbackCounts {
            accepted: self.accepted.get(),
            refused: self.refused.get(),
            dropped: self.dropped.get(),
        }
    }

    fn accept(&self, piece: feedback::Feedback, serving: &Serving, clock: &Clock) -> Result<(), Refusal> {
        let queued = self.attribute(piece, serving, clock).and_then(|record| self.queue(record));
        match &queued {
            Ok(()) => self.accepted.increment(),
            Err(Refusal::Full) => self.dropped.increment(),
            Err(_) => self.refused.increment(),
        }
        queued
    }

    fn attribute(
        &self,
        piece: feedback::Feedback,
        serving: &Serving,
        clock: &Clock,
    ) -> Result<FeedbackRecord, Refusal> {
        if PlainId::is(&piece.id) {
            return Err(Refusal::Unattributable);
        }
        let claims = serving.signer.verify(&piece.id).ok_or(Refusal::Forged)?;
        let application = serving.application(claims.application).ok_or(Refusal::UnknownApplication)?;
        let (opinions, scores) = serving.feedback(application).ok_or(Refusal::UnknownApplication)?;
        let opinion = piece.value.as_ref().map(|value| opinions.of(value.said())).transpose()?;
        let scores = given(&piece, scores)?;
        let received_at = clock.now();
        if received_at.since(claims.issued_at) > self.longest {
            return Err(Refusal::Expired);
        }
        Ok(FeedbackRecord {
            request: piece.id,
            application: application.clone(),
            epoch: claims.epoch,
            arm: claims.arm,
            group: claims.group,
            evidence: claims.standing,
            issued_at: claims.issued_at,
            received_at,
            opinion,
            scores,
            elsewhere: claims.elsewhere,
        })
    }

    fn queue(&self, record: FeedbackRecord) -> Result<(), Refusal> {
        let mut waiting = self.lock();
        if waiting.len() >= self.most {
            return Err(Refusal::Full);
        }
        waiting.push_back(record);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<FeedbackRecord>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The scores that a piece gives: all of them or none.
fn given(piece: &feedback::Feedback, definitions: &[Definition]) -> Result<Vec<Given>, Refusal> {
    if piece.judge.is_some() && piece.scores.is_empty() {
        return Err(Refusal::NothingJudged);
    }
    let each = piece.scores.iter().map(|(name, mark)| {
        let said = (name.as_str(), piece.judge.as_deref());
        Definition::of(definitions, said, mark.number())
            .map_err(|not| Refusal::of_score(not, name, definitions))
    });
    each.collect()
}

impl From<NotAnOpinion> for Refusal {
    fn from(not: NotAnOpinion) -> Self {
        match not {
            NotAnOpinion::OutOfRange => Self::OutOfRange,
            NotAnOpinion::UnknownCategory => Self::UnknownCategory,
        }
    }
}

impl Refusal {
    /// What is wrong with a score of this name.
    fn of_score(not: NotAScore, name: &str, definitions: &[Definition]) -> Self {
        let told = name.chars().take(TOLD).collect();
        let Some(known) = definitions.iter().find(|definition| definition.score.name() == name) else {
            return Self::UnknownScore(told);
        };
        match (not, &known.judge) {
            (NotAScore::Unknown, _) => Self::UnknownScore(told),
            (NotAScore::OutOfRange, _) => {
                Self::ScoreOutOfRange(told, format!("from {} to {}", known.score.from(), known.score.to()))
            }
            (NotAScore::OtherJudge, Some(judge)) => Self::OtherJudge(told, format!("{judge} does")),
            (NotAScore::OtherJudge, None) => Self::OtherJudge(told, "it has none".to_owned()),
        }
    }

    fn describe(self, index: usize) -> Refused {
        let (status, code) = match &self {
            Self::Forged => (StatusCode::BAD_REQUEST, "forged"),
            Self::Unattributable => (StatusCode::BAD_REQUEST, "unattributable"),
            Self::UnknownApplication => (StatusCode::NOT_FOUND, "unknown_application"),
            Self::Expired => (StatusCode::GONE, "expired"),
            Self::OutOfRange => (StatusCode::BAD_REQUEST, "out_of_range"),
            Self::UnknownCategory => (StatusCode::BAD_REQUEST, "unknown_category"),
            Self::UnknownScore(_) => (StatusCode::BAD_REQUEST, "unknown_score"),
            Self::ScoreOutOfRange(..) => (StatusCode::BAD_REQUEST, "score_out_of_range"),
            Self::OtherJudge(..) => (StatusCode::BAD_REQUEST, "other_judge"),
            Self::NothingJudged => (StatusCode::BAD_REQUEST, "nothing_judged"),
            Self::Full => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
        };
        Refused { index, status: status.as_u16(), code: code.to_owned(), message: self.to_string() }
    }
}
