//! Finds out by a handful of small requests what an endpoint can do and how it wants to be asked.
//!
//! What is refused or ignored is a finding. Only what would stop any use of the endpoint, such as
//! a refused key, is an error.

mod ask;

use serde_json::Value;

use self::ask::{Answered, Ask, Prober};
use super::client::ChatClient;
use super::failure::Class;
use super::profile::{
    EmptyContent, EndpointProfile, LimitField, LongInput, Observed, ReasoningEcho, Support,
    ToolChoice, UsageReport,
};
use super::{EndpointConfig, EndpointError};
use crate::agent::model::ModelError;

/// The output limit that a long answer is held against.
const SMALL_LIMIT: u64 = 16;

/// How far over the limit an answer may be counted and still have kept it.
const TOLERANCE: u64 = 4;

/// Repetitions of the filler: some thousand tokens, beyond the default of endpoints that cut.
const FILLER: usize = 400;

/// Why an endpoint could not be probed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// It cannot be used as configured.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// It gave no answer to any form of a request.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Probes the endpoint in `config`, from its profile on, and returns the profile that fits it.
///
/// # Errors
/// Fails when the endpoint cannot be used at all.
pub async fn probe(config: &EndpointConfig) -> Result<EndpointProfile, ProbeError> {
    let client = ChatClient::new(config)?;
    let mut prober = Prober::new(client, &config.model);
    let (limit_field, length_limit, usage) = limit(&mut prober).await?;
    prober.limit_field = limit_field;
    let system_role = role(&mut prober, "system").await?;
    let developer_role = role(&mut prober, "developer").await?;
    let calls = calls(&mut prober).await?;
    let forced_tool_choice = forced(&mut prober).await?;
    let (empty_content, reasoning_echo) = replay(&mut prober).await?;
    let long_input = long(&mut prober).await?;
    Ok(EndpointProfile {
        limit_field,
        empty_content,
        reasoning_echo: match reasoning_echo {
            ReasoningEcho::None => config.profile.reasoning_echo,
            found @ (ReasoningEcho::ReasoningContent | ReasoningEcho::Reasoning) => found,
        },
        tool_choice: match forced_tool_choice {
            Support::Kept => ToolChoice::Required,
            Support::Ignored | Support::Refused => calls.choice,
        },
        observed: Some(Observed {
            model: config.model.clone(),
            length_limit,
            system_role,
            developer_role,
            tool_calls: calls.any,
            forced_tool_choice,
            several_calls: calls.several,
            usage,
            long_input,
            names_waits: prober.names_waits,
        }),
    })
}

/// The first limit field that is kept; else the first that is taken; else none.
async fn limit(prober: &mut Prober) -> Result<(LimitField, Support, UsageReport), ModelError> {
    let mut taken = None;
    for field in [LimitField::MaxTokens, LimitField::MaxCompletionTokens] {
        prober.limit_field = field;
        let ask = Ask::new().user(ask::COUNT).limit(SMALL_LIMIT);
        let sent = ask.estimate();
        if let Answered::Turn(turn, written) = prober.ask(ask).await? {
            let usage = turn
                .usage
                .map_or(UsageReport::Absent, |usage| plausible(usage.input, sent));
            let kept = match written {
                Some(written) => written <= SMALL_LIMIT + TOLERANCE,
                None => turn.truncated,
            };
            if kept {
                return Ok((field, Support::Kept, usage));
            }
            taken.get_or_insert((field, Support::Ignored, usage));
        }
    }
    match taken {
        Some(found) => Ok(found),
        None => {
            prober.limit_field = LimitField::None;
            let turn = prober.must(Ask::new().user(ask::GREET)).await?;
            let usage = turn.usage.map_or(UsageReport::Absent, |usage| {
                plausible(usage.input, Ask::new().user(ask::GREET).estimate())
            });
            Ok((LimitField::None, Support::Refused, usage))
        }
    }
}

/// A small prompt is mostly template, so only what is far off counts as untrue.
fn plausible(reported: u64, estimate: u64) -> UsageReport {
    if reported >= estimate / 2 && reported <= estimate.saturating_mul(4) + 500 {
        UsageReport::Plausible
    } else {
        UsageReport::Implausible
    }
}

async fn role(prober: &mut Prober, role: &'static str) -> Result<Support, ModelError> {
    let word = ask::WORD;
    let ask = Ask::bare().message(role, &ask::follow(word)).user(ask::GO);
    Ok(match prober.ask(ask).await? {
        Answered::Turn(turn, _) if turn.text.to_lowercase().contains(word) => Support::Kept,
        Answered::Turn(..) => Support::Ignored,
        Answered::Refused(_) => Support::Refused,
    })
}

/// Whether tools are called, several at once, and what must be said for it.
struct Calls {
    any: Support,
    several: Support,
    choice: ToolChoice,
}

/// Asks without a word on tool choice, and where nothing is called, with `auto`.
async fn calls(prober: &mut Prober) -> Result<Calls, ModelError> {
    let ask = || Ask::new().user(ask::CALLS).tool();
    let unsaid = called(prober.ask(ask()).await?);
    let (any, several) = match unsaid {
        (Support::Kept, _) => unsaid,
        (Support::Ignored | Support::Refused, _) => {
            let told = called(prober.ask(ask().choice("auto")).await?);
            if told.0 == Support::Kept {
                return Ok(Calls {
                    any: told.0,
                    several: told.1,
                    choice: ToolChoice::Auto,
                });
            }
            unsaid
        }
    };
    Ok(Calls {
        any,
        several,
        choice: ToolChoice::Unsaid,
    })
}

/// Whether a turn has a call, and whether it has several.
fn called(answered: Answered) -> (Support, Support) {
    match answered {
        Answered::Turn(turn, _) => match turn.calls.len() {
            0 => (Support::Ignored, Support::Ignored),
            1 => (Support::Kept, Support::Ignored),
            _ => (Support::Kept, Support::Kept),
        },
        Answered::Refused(_) => (Support::Refused, Support::Refused),
    }
}

async fn forced(prober: &mut Prober) -> Result<Support, ModelError> {
    Ok(
        match prober
            .ask(Ask::new().user(ask::GREET).tool().choice("required"))
            .await?
        {
            Answered::Turn(turn, _) if turn.calls.is_empty() => Support::Ignored,
            Answered::Turn(..) => Support::Kept,
            Answered::Refused(_) => Support::Refused,
        },
    )
}

/// Sends a turn back in each form until one is taken. A complaint about missing reasoning is not
/// about the form.
async fn replay(prober: &mut Prober) -> Result<(EmptyContent, ReasoningEcho), ModelError> {
    let mut echo = ReasoningEcho::None;
    let forms = [
        EmptyContent::EmptyText,
        EmptyContent::Null,
        EmptyContent::Absent,
    ];
    for form in forms {
        let ask = |echo| Ask::new().user(ask::CALLS).tool().history(form, echo);
        let mut answered = prober.ask(ask(echo)).await?;
        if let Answered::Refused(refusal) = &answered
            && refusal.verdict.named.reasoning_content
            && echo == ReasoningEcho::None
        {
            echo = ReasoningEcho::ReasoningContent;
            answered = prober.ask(ask(echo)).await?;
        }
        if let Answered::Turn(..) = answered {
            return Ok((form, echo));
        }
    }
    Ok((EmptyContent::default(), ReasoningEcho::None))
}

async fn long(prober: &mut Prober) -> Result<LongInput, ModelError> {
    let filler = vec![ask::FILLER.trim(); FILLER].join(" ");
    let system = format!("{}\n{filler}", ask::remember(ask::WORD));
    let ask = Ask::bare().message("system", &system).user(ask::RECALL);
    let sent = ask.estimate();
    Ok(match prober.ask(ask).await? {
        Answered::Turn(turn, _) => {
            let read = turn.usage.map(|usage| usage.input);
            if read.is_some_and(|read| read < sent / 2) {
                LongInput::CutSilently
            } else if turn.text.to_lowercase().contains(ask::WORD) {
                LongInput::Read
            } else {
                LongInput::Unclear
            }
        }
        Answered::Refused(refusal) if refusal.verdict.class == Class::ContextLength => {
            LongInput::Refused
        }
        Answered::Refused(_) => LongInput::Unclear,
    })
}

/// The number of tokens that `answer` says it has, believable or not.
fn written(answer: &Value) -> Option<u64> {
    let written = answer.pointer("/usage/completion_tokens")?;
    written.as_u64().filter(|written| *written > 0)
}
