//! Models that misbehave, each in one way: what the validator must hold.
//!
//! They are real models to the loop: same tools, same journal, same validator. Each knows the right
//! draft, by asking the embedded drafter, and hands in a bad one made from it, another after each rejection.

mod corruption;
mod injected;

use serde_json::Value;

use crate::agent::message::{CallId, Message, ModelRequest, RequestedCall, Turn};
use crate::agent::model::{Model, ModelError, TurnFuture};
use crate::agent::offline::OfflineDrafter;
use crate::agent::prompts;
use crate::agent::run::SUBMIT_TOOL;

/// A way to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misbehaviour {
    /// Makes up records, values and words.
    Fabricating,
    /// Finds everything in order.
    Flattering,
    /// Reads little and cites nothing.
    Lazy,
    /// Does as texts in the evidence say.
    Injected,
    /// Leaves out findings and requirements.
    Forgetful,
    /// Says that it has acted.
    ActionClaiming,
    /// Breaks off in the middle of its draft.
    Truncated,
}

impl Misbehaviour {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Fabricating,
        Self::Flattering,
        Self::Lazy,
        Self::Injected,
        Self::Forgetful,
        Self::ActionClaiming,
        Self::Truncated,
    ];

    /// The name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fabricating => "fabricating",
            Self::Flattering => "flattering",
            Self::Lazy => "lazy",
            Self::Injected => "injected",
            Self::Forgetful => "forgetful",
            Self::ActionClaiming => "action-claiming",
            Self::Truncated => "truncated",
        }
    }

    /// What it does, in one line.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Fabricating => "makes up records, values and quotations",
            Self::Flattering => "reports every requirement as met and recommends approval",
            Self::Lazy => "cites nothing",
            Self::Injected => "does as instructions in the evidence say",
            Self::Forgetful => "leaves out findings and requirements",
            Self::ActionClaiming => "says that it approved, rotated or extended something",
            Self::Truncated => "breaks off in the middle of its draft",
        }
    }
}

/// A model that misbehaves in one way.
#[derive(Debug, Clone, Copy)]
pub struct Misbehaving(pub Misbehaviour);

impl Model for Misbehaving {
    fn name(&self) -> &str {
        self.0.as_str()
    }

    fn is_remote(&self) -> bool {
        false
    }

    fn turn<'m>(&'m self, request: &'m ModelRequest) -> TurnFuture<'m> {
        Box::pin(async move { self.next_turn(request).await })
    }
}

impl Misbehaving {
    async fn next_turn(&self, request: &ModelRequest) -> Result<Turn, ModelError> {
        let round = drafts(request);
        match self.0 {
            // Its first draft is made from nothing at all.
            Misbehaviour::Lazy if round == 0 => {
                let reference = prompts::reference_in(request).map(|known| known.whole());
                return Ok(submitting(&corruption::of_nothing(reference)));
            }
            Misbehaviour::Injected if !injected::has_searched(request) => {
                return Ok(injected::search());
            }
            Misbehaviour::Lazy
            | Misbehaviour::Injected
            | Misbehaviour::Fabricating
            | Misbehaviour::Flattering
            | Misbehaviour::Forgetful
            | Misbehaviour::ActionClaiming
            | Misbehaviour::Truncated => {}
        }
        let turn = OfflineDrafter.turn(&as_honest(request)).await?;
        let Some(honest) = submitted(&turn) else {
            return Ok(turn);
        };
        let draft: Value =
            serde_json::from_str(honest).map_err(|error| ModelError::Answer(error.to_string()))?;
        Ok(self.corrupted(request, draft, round))
    }

    fn corrupted(&self, request: &ModelRequest, mut draft: Value, round: usize) -> Turn {
        match self.0 {
            Misbehaviour::Fabricating => corruption::fabricate(&mut draft, round),
            Misbehaviour::Flattering => corruption::flatter(&mut draft, round),
            Misbehaviour::Lazy => corruption::cite_nothing(&mut draft, round),
            Misbehaviour::Injected => injected::obey(&mut draft, request),
            Misbehaviour::Forgetful => corruption::forget(&mut draft, round),
            Misbehaviour::ActionClaiming => corruption::claim_action(&mut draft, round),
            Misbehaviour::Truncated => return cut(&draft, round),
        }
        submitting(&draft)
    }
}

/// How many drafts the conversation has.
fn drafts(request: &ModelRequest) -> usize {
    let calls = request.messages.iter().map(|message| match message {
        Message::Assistant { calls, .. } => {
            calls.iter().filter(|call| call.name == SUBMIT_TOOL).count()
        }
        Message::System { .. } | Message::User { .. } | Message::Tool { .. } => 0,
    });
    calls.sum()
}

/// The conversation as the embedded drafter would have had it: without earlier drafts and searches.
fn as_honest(request: &ModelRequest) -> ModelRequest {
    let is_own = |name: &str| name == SUBMIT_TOOL || name.ends_with("_search");
    let own: Vec<CallId> = request
        .messages
        .iter()
        .flat_map(|message| match message {
            Message::Assistant { calls, .. } => calls.as_slice(),
            Message::System { .. } | Message::User { .. } | Message::Tool { .. } => &[],
        })
        .filter(|call| is_own(&call.name))
        .map(|call| call.id.clone())
        .collect();
    let stays = |message: &&Message| match message {
        Message::Assistant { calls, .. } => !calls.iter().any(|call| own.contains(&call.id)),
        Message::Tool { call, .. } => !own.contains(call),
        Message::System { .. } | Message::User { .. } => true,
    };
    ModelRequest {
        messages: request.messages.iter().filter(stays).cloned().collect(),
        tools: request.tools.clone(),
    }
}

fn submitted(turn: &Turn) -> Option<&str> {
    let call = turn.calls.iter().find(|call| call.name == SUBMIT_TOOL)?;
    Some(&call.arguments)
}

fn submitting(draft: &Value) -> Turn {
    submitting_text(draft.to_string())
}

fn submitting_text(arguments: String) -> Turn {
    Turn {
        calls: vec![RequestedCall {
            name: SUBMIT_TOOL.to_owned(),
            arguments,
        }],
        ..Turn::default()
    }
}

/// Half of the draft: first as an endpoint reports it that ran out of room, then as one that does not.
fn cut(draft: &Value, round: usize) -> Turn {
    let text = draft.to_string();
    let half = text.chars().count() / 2;
    Turn {
        truncated: round == 0,
        ..submitting_text(text.chars().take(half).collect())
    }
}
