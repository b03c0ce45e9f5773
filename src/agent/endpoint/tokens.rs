//! Notices an endpoint that read less than it was sent.
//!
//! Some endpoints cut a conversation that is too long and answer as if nothing were missing.

use crate::agent::message::{Message, ModelRequest, Usage};
use crate::agent::model::ModelError;

/// Bytes that make one token, taken high enough that real text has more tokens than the estimate.
const BYTES_PER_TOKEN: u64 = 4;

/// Below this estimate the shape of a prompt matters more than its text, and nothing is judged.
const SMALLEST_JUDGED: u64 = 1_000;

/// No context in use is smaller: a lower count is not how much was read, but how the endpoint counts
/// (uncached tokens only, or made up). An endpoint that does cut so short cuts the run's reference
/// too, which no count has to tell.
const SMALLEST_CONTEXT: u64 = 1_000;

/// How many tokens `request` has at least, by its bytes.
#[must_use]
pub fn estimate_tokens(request: &ModelRequest) -> u64 {
    let messages = request.messages.iter().map(message_bytes).sum::<usize>();
    let tools = request
        .tools
        .iter()
        .map(|tool| tool.name.len() + tool.description.len() + tool.parameters.to_string().len());
    (messages + tools.sum::<usize>()) as u64 / BYTES_PER_TOKEN
}

/// Reasoning is left out: endpoints drop that of earlier turns.
fn message_bytes(message: &Message) -> usize {
    match message {
        Message::System { text } | Message::User { text } | Message::Tool { text, .. } => {
            text.len()
        }
        Message::Assistant { text, calls, .. } => {
            let calls = calls.iter().map(|c| c.name.len() + c.arguments.len());
            text.len() + calls.sum::<usize>()
        }
    }
}

/// Refuses a turn whose endpoint reports having read less than half of `estimate`.
pub(super) fn check_read(usage: Option<Usage>, estimate: u64) -> Result<(), ModelError> {
    match usage {
        Some(usage)
            if estimate >= SMALLEST_JUDGED
                && usage.input >= SMALLEST_CONTEXT
                && usage.input < estimate / 2 =>
        {
            Err(ModelError::ContextLength(format!(
                "the endpoint read fewer tokens than it was sent: {} of at least {estimate}",
                usage.input
            )))
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::message::{CallId, ToolCall, ToolSpec};
    use serde_json::json;

    #[test]
    fn every_part_that_is_sent_counts() {
        let request = ModelRequest {
            messages: vec![
                Message::System {
                    text: "a".repeat(40),
                },
                Message::User {
                    text: "b".repeat(40),
                },
                Message::Assistant {
                    text: "c".repeat(40),
                    calls: vec![ToolCall {
                        id: CallId::number(1),
                        name: "look".into(),
                        arguments: "{}  ".into(),
                    }],
                    reasoning: Some("z".repeat(400)),
                },
                Message::Tool {
                    call: CallId::number(1),
                    text: "d".repeat(40),
                },
            ],
            tools: vec![ToolSpec {
                name: "look".into(),
                description: "e".repeat(34),
                parameters: json!({}),
            }],
        };
        assert_eq!(estimate_tokens(&request), (4 * 40 + 8 + 40) / 4);
    }

    #[test]
    fn reading_less_than_half_is_refused_when_it_can_be_told() {
        let read = |input, estimate| check_read(Some(Usage { input, output: 1 }), estimate);
        assert_eq!(read(1000, 2000), Ok(()));
        assert_eq!(read(400, 999), Ok(()));
        // No context is that small: the count is not what was read.
        assert_eq!(read(999, 5000), Ok(()));
        assert_eq!(check_read(None, 9999), Ok(()));
        assert_eq!(
            read(2048, 5000).unwrap_err().to_string(),
            "the conversation is longer than the model's context: the endpoint read fewer tokens \
             than it was sent: 2048 of at least 5000"
        );
    }
}
