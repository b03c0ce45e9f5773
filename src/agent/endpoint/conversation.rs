//! Puts a conversation into the order that strict endpoints insist on, before every request.
//!
//! One system message first, no two user messages in a row, each call answered exactly once and
//! at once. An interrupted run leaves calls without answers, and those would be refused for ever.

use std::borrow::Cow;

use crate::agent::message::{CallId, Message, ToolCall};

/// A message in the order in which it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line<'m> {
    /// The one system message.
    System(String),
    /// Adjacent user messages, as one.
    User(String),
    /// A turn of text alone.
    Said(&'m str),
    /// A turn that calls tools.
    Called {
        text: &'m str,
        calls: &'m [ToolCall],
        reasoning: Option<&'m str>,
    },
    /// The answer to one call.
    Output {
        call: &'m CallId,
        text: Cow<'m, str>,
    },
}

/// The conversation in the order in which it is sent.
pub(super) fn portable(messages: &[Message]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let system: Vec<&str> = messages.iter().filter_map(system_text).collect();
    if !system.is_empty() {
        lines.push(Line::System(system.join("\n\n")));
    }
    let mut rest = messages;
    while let Some((message, later)) = rest.split_first() {
        rest = later;
        match message {
            Message::User { text } => push_user(&mut lines, text),
            Message::Assistant {
                text,
                calls,
                reasoning,
            } => push_turn(&mut lines, text, calls, reasoning.as_deref(), later),
            // The system text stands first already, and an output follows its call or none.
            Message::System { .. } | Message::Tool { .. } => {}
        }
    }
    lines
}

fn system_text(message: &Message) -> Option<&str> {
    match message {
        Message::System { text } => Some(text),
        Message::User { .. } | Message::Assistant { .. } | Message::Tool { .. } => None,
    }
}

fn push_user<'m>(lines: &mut Vec<Line<'m>>, text: &'m str) {
    if let Some(Line::User(before)) = lines.last_mut() {
        before.push_str("\n\n");
        before.push_str(text);
    } else {
        lines.push(Line::User(text.to_owned()));
    }
}

fn push_turn<'m>(
    lines: &mut Vec<Line<'m>>,
    text: &'m str,
    calls: &'m [ToolCall],
    reasoning: Option<&'m str>,
    later: &'m [Message],
) {
    if calls.is_empty() {
        // A turn of nothing is refused as neither text nor calls.
        if !text.is_empty() {
            lines.push(Line::Said(text));
        }
        return;
    }
    lines.push(Line::Called {
        text,
        calls,
        reasoning,
    });
    let outputs: Vec<(&CallId, &str)> = later
        .iter()
        .take_while(|message| !matches!(message, Message::Assistant { .. }))
        .filter_map(output)
        .collect();
    lines.extend(calls.iter().map(|call| {
        let kept = outputs.iter().find(|(id, _)| **id == call.id);
        let text = kept.map_or_else(unanswered, |(_, text)| Cow::Borrowed(*text));
        Line::Output {
            call: &call.id,
            text,
        }
    }));
}

fn output(message: &Message) -> Option<(&CallId, &str)> {
    match message {
        Message::Tool { call, text } => Some((call, text)),
        Message::System { .. } | Message::User { .. } | Message::Assistant { .. } => None,
    }
}

/// What a model reads where a call's answer is missing.
fn unanswered<'m>() -> Cow<'m, str> {
    Cow::Borrowed(include_str!("../../../prompts/unanswered_call.md").trim_ascii_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(text: &str) -> Message {
        Message::User { text: text.into() }
    }
    fn calls(numbers: &[u32]) -> Message {
        Message::Assistant {
            text: String::new(),
            calls: numbers
                .iter()
                .map(|&number| ToolCall {
                    id: CallId::number(number),
                    name: "look".into(),
                    arguments: "{}".into(),
                })
                .collect(),
            reasoning: None,
        }
    }
    fn answer(number: u32, text: &str) -> Message {
        Message::Tool {
            call: CallId::number(number),
            text: text.into(),
        }
    }

    /// The conversation as one word per line.
    fn shape(messages: &[Message]) -> String {
        let words: Vec<String> = portable(messages)
            .iter()
            .map(|line| match line {
                Line::System(text) => format!("system:{text}"),
                Line::User(text) => format!("user:{text}"),
                Line::Said(text) => format!("said:{text}"),
                Line::Called { calls, .. } => format!("calls:{}", calls.len()),
                Line::Output { text, .. } => format!("output:{text}"),
            })
            .collect();
        words
            .join(" | ")
            .replace("\n\n", "+")
            .replace(&*unanswered(), "none")
    }

    #[test]
    fn outputs_follow_their_calls_in_the_calls_order_once_each() {
        let messages = [
            user("go"),
            calls(&[1, 2]),
            user("by the way"),
            answer(2, "two"),
            answer(1, "one"),
            answer(1, "again"),
            answer(9, "orphan"),
        ];
        assert_eq!(
            shape(&messages),
            "user:go | calls:2 | output:one | output:two | user:by the way"
        );
    }

    #[test]
    fn an_interrupted_call_is_answered_as_such() {
        let messages = [user("go"), calls(&[1]), calls(&[2]), answer(1, "too late")];
        assert_eq!(
            shape(&messages),
            "user:go | calls:1 | output:none | calls:1 | output:none"
        );
    }

    #[test]
    fn system_text_is_one_and_first_and_users_are_merged_over_an_empty_turn() {
        let messages = [
            user("a"),
            Message::System {
                text: "rules".into(),
            },
            user("b"),
            calls(&[]),
            Message::System {
                text: "more".into(),
            },
            user("c"),
        ];
        assert_eq!(shape(&messages), "system:rules+more | user:a+b+c");
    }
}
