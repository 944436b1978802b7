//! What is asked of the targets: [`Scenario`].

/// What is asked of the targets, again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scenario {
    /// A chat completion in one piece.
    Chat,
    /// One that comes as a stream.
    Stream,
}

/// Events of a stream, and bytes of one, as `chunk_upstream` sends them.
const EVENTS: f64 = 64.0;
const EVENT_BYTES: f64 = 200.0;

impl Scenario {
    pub(super) const ALL: [Self; 2] = [Self::Chat, Self::Stream];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Stream => "stream",
        }
    }

    /// How much more processor time than NGINX it may take.
    pub(super) const fn bar(self) -> f64 {
        match self {
            Self::Chat => 1.6,
            Self::Stream => 1.3,
        }
    }

    /// What one of is compared.
    pub(super) const fn unit(self) -> &'static str {
        match self {
            Self::Chat => "request",
            Self::Stream => "piece of a stream",
        }
    }

    /// Pieces an answer comes in, when that is what is compared.
    pub(super) const fn pieces(self) -> Option<f64> {
        match self {
            Self::Chat => None,
            Self::Stream => Some(EVENTS),
        }
    }

    /// The least an answer holds: shorter, it was cut.
    pub(super) const fn least_bytes(self) -> f64 {
        match self {
            Self::Chat => 0.0,
            Self::Stream => EVENTS * EVENT_BYTES,
        }
    }

    /// The body of its requests, beside the load's script.
    pub(super) const fn body(self) -> &'static str {
        match self {
            Self::Chat => "chat.json",
            Self::Stream => "stream.json",
        }
    }

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Chat => "/apps/support-chat/v1/chat/completions",
            Self::Stream => "/apps/support-stream/v1/chat/completions",
        }
    }
}
