//! Reads an endpoint's error answer, whatever its shape, into a class.
//!
//! Looks for known codes and phrases only. Nothing of the body leaves this module but a code
//! from its own list.

use serde_json::Value;

use super::failure::{Class, Named, Retry, Verdict};

/// Codes that say what happened. The first that an answer holds, in this order, decides.
const CODES: [(&str, Option<Class>); 29] = [
    ("content_filter", Some(Class::ContentFilter)),
    ("content_policy_violation", Some(Class::ContentFilter)),
    ("responsibleaipolicyviolation", Some(Class::ContentFilter)),
    ("data_inspection_failed", Some(Class::ContentFilter)),
    ("insufficient_quota", Some(Class::Quota)),
    ("quota_exceeded", Some(Class::Quota)),
    ("billing_not_active", Some(Class::Quota)),
    ("billing_hard_limit_reached", Some(Class::Quota)),
    ("context_length_exceeded", Some(Class::ContextLength)),
    ("context_window_exceeded", Some(Class::ContextLength)),
    ("exceed_context_size_error", Some(Class::ContextLength)),
    ("string_above_max_length", Some(Class::ContextLength)),
    ("rate_limit_exceeded", Some(Class::RateLimited)),
    ("rate_limit_error", Some(Class::RateLimited)),
    ("overloaded_error", Some(Class::RateLimited)),
    ("resource_exhausted", Some(Class::RateLimited)),
    ("invalid_api_key", Some(Class::Authentication)),
    ("authentication_error", Some(Class::Authentication)),
    ("unauthenticated", Some(Class::Authentication)),
    ("permission_denied", Some(Class::Authentication)),
    ("model_not_found", Some(Class::NotFound)),
    ("not_found_error", Some(Class::NotFound)),
    ("unsupported_parameter", Some(Class::BadRequest)),
    ("unsupported_value", Some(Class::BadRequest)),
    ("extra_forbidden", Some(Class::BadRequest)),
    ("validation_error", Some(Class::BadRequest)),
    ("invalid_request_error", None),
    ("invalid_argument", None),
    ("server_error", None),
];

/// Phrases by which endpoints say that the conversation is too long.
const TOO_LONG: [&str; 12] = [
    "context length",
    "context window",
    "contextwindowexceeded",
    "context size",
    "context_length",
    "exceed_context_size",
    "maximum context",
    "prompt is too long",
    "input is too long",
    "too many tokens",
    "reduce the length",
    "longer than the model's context",
];

/// Phrases by which an endpoint's own failure turns out to be a complaint about the request.
const VALIDATION: [&str; 14] = [
    "validation error",
    "validation_error",
    "validationerror",
    "literal_error",
    "extra_forbidden",
    "value_error",
    "input should be",
    "field required",
    "invalid_request",
    "unexpected role",
    "unknown role",
    "jinja",
    "template",
    "failed to parse tool call arguments",
];

/// Members of an error answer that speak for the endpoint. Others may echo the request.
const SPEAKING: [&str; 14] = [
    "error",
    "errors",
    "message",
    "type",
    "code",
    "param",
    "detail",
    "details",
    "msg",
    "loc",
    "status",
    "innererror",
    "metadata",
    "raw",
];

/// More of an answer than this is not searched.
const LONGEST_SEARCHED: usize = 64 * 1024;

/// What a failed answer says about itself.
#[derive(Debug, Default)]
struct Said {
    /// Lowercase text.
    words: String,
    /// Lowercase values of `code`, `type` and `status`.
    codes: Vec<String>,
    /// A numeric `code` that is a status.
    status: Option<u16>,
}

/// The verdict on an answer with status `status` that is no success.
pub(super) fn judge_status(status: u16, body: &[u8]) -> Verdict {
    let said = match serde_json::from_slice::<Value>(body) {
        Ok(body) => Said::of(&body),
        Err(_) => Said::plain(body),
    };
    said.verdict(Some(status))
}

/// The verdict on the error object of an answer that claimed success, and the status it names.
pub(super) fn judge_error_in_success(error: &Value) -> (Verdict, Option<u16>) {
    let said = Said::of(error);
    (said.verdict(said.status), said.status)
}

impl Said {
    fn of(body: &Value) -> Self {
        let mut said = Self::default();
        said.hear("error", body);
        said
    }

    fn plain(body: &[u8]) -> Self {
        let searched = body.get(..LONGEST_SEARCHED).unwrap_or(body);
        Self {
            words: String::from_utf8_lossy(searched).to_lowercase(),
            ..Self::default()
        }
    }

    fn hear(&mut self, member: &str, value: &Value) {
        match value {
            Value::String(text) => self.hear_text(member, text),
            Value::Number(number) if member == "code" => {
                self.status = self.status.or(number.as_u64().and_then(as_status));
            }
            Value::Array(items) => items.iter().for_each(|item| self.hear(member, item)),
            Value::Object(members) => members
                .iter()
                .filter(|(name, _)| SPEAKING.contains(&name.as_str()))
                .for_each(|(name, value)| self.hear(name, value)),
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }

    fn hear_text(&mut self, member: &str, text: &str) {
        if self.words.len() + text.len() > LONGEST_SEARCHED {
            return;
        }
        let text = text.to_lowercase();
        if matches!(member, "code" | "type" | "status") {
            if member == "code" {
                self.status = self.status.or(text.parse().ok().and_then(as_status));
            }
            self.codes.push(text.clone());
        }
        self.words.push_str(&text);
        self.words.push('\n');
    }

    fn says_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.words.contains(phrase))
    }

    fn verdict(&self, status: Option<u16>) -> Verdict {
        let known = CODES
            .iter()
            .find(|(code, _)| self.codes.iter().any(|said| said == code));
        let (class, retry) = self.class(status, known.and_then(|(_, class)| *class));
        let mut verdict = Verdict::new(class, retry);
        verdict.code = known.map(|(code, _)| *code);
        verdict.what = status.and_then(redirect_words);
        verdict.named = self.named();
        verdict
    }

    fn class(&self, status: Option<u16>, by_code: Option<Class>) -> (Class, Retry) {
        let lasting = [Class::ContentFilter, Class::Quota, Class::ContextLength];
        if let Some(class) = by_code.filter(|class| lasting.contains(class)) {
            return (class, Retry::Never);
        }
        let may_be_too_long = matches!(status, None | Some(400 | 413 | 422 | 500));
        if status == Some(413) || (may_be_too_long && self.says_any(&TOO_LONG)) {
            return (Class::ContextLength, Retry::Never);
        }
        match status {
            Some(500..=599) if self.says_any(&VALIDATION) => (Class::BadRequest, Retry::Never),
            Some(400..=599) => by_status(status.unwrap_or_default(), by_code),
            Some(301 | 308) => (Class::NotFound, Retry::Never),
            Some(300..=399) => (Class::Authentication, Retry::Never),
            Some(_) => (by_code.unwrap_or(Class::Server), Retry::Never),
            None => match by_code {
                Some(Class::RateLimited) | None => (by_code.unwrap_or(Class::Server), Retry::Yes),
                Some(class) => (class, Retry::Never),
            },
        }
    }

    fn named(&self) -> Named {
        Named {
            max_completion_tokens: self.words.contains("max_completion_tokens"),
            max_tokens: self.words.contains("max_tokens"),
            reasoning_content: self.words.contains("reasoning_content"),
        }
    }
}

fn by_status(status: u16, by_code: Option<Class>) -> (Class, Retry) {
    match status {
        401 | 403 | 407 => (Class::Authentication, Retry::Never),
        402 => (Class::Quota, Retry::Never),
        404 | 405 | 410 => (Class::NotFound, Retry::Never),
        408 => (Class::Unreachable, Retry::Yes),
        409 => (Class::Server, Retry::Yes),
        429 | 529 => (Class::RateLimited, Retry::Yes),
        400..=499 => (by_code.unwrap_or(Class::BadRequest), Retry::Never),
        _ => (Class::Server, Retry::Yes),
    }
}

fn redirect_words(status: u16) -> Option<&'static str> {
    match status {
        301 | 308 => Some("it says that it has moved, and redirects are not followed"),
        300..=399 => Some("it redirects, as for a login, and redirects are not followed"),
        _ => None,
    }
}

fn as_status(number: u64) -> Option<u16> {
    u16::try_from(number)
        .ok()
        .filter(|status| (100..=599).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_an_endpoint_echoes_of_the_request_does_not_decide() {
        let body =
            json!({"detail": [{"msg": "bad", "input": "context_length_exceeded content_filter"}]});
        let verdict = judge_status(422, body.to_string().as_bytes());
        assert_eq!(verdict, Verdict::new(Class::BadRequest, Retry::Never));
    }

    #[test]
    fn only_listed_codes_are_repeated() {
        let told = |code: &str| {
            judge_status(400, json!({"error": {"code": code}}).to_string().as_bytes()).code
        };
        assert_eq!(told("Unsupported_Parameter"), Some("unsupported_parameter"));
        assert_eq!(told("planted-marker"), None);
    }

    #[test]
    fn a_code_that_is_no_status_is_none() {
        assert_eq!(as_status(99), None);
        assert_eq!(as_status(429), Some(429));
        assert_eq!(as_status(3280), None);
    }
}
