//! A review through LiteLLM's proxy in front of a scripted upstream.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use wiremock::{MockServer, ResponseTemplate};

use crate::common::{Outcome, SEED, Scenario, outcome};
use crate::peer::{Server, peers_with};
use crate::script::{MODEL, Play, endpoint, preparing, rules_only};

/// The proxy in front of `upstream`, if it is there. It keeps its own counsel: no retries, no pauses.
fn gateway(scenario: &Scenario, upstream: &MockServer) -> Option<Server> {
    let peers = peers_with("litellm/bin/litellm")?;
    let config = json!({
        "model_list": [{"model_name": MODEL, "litellm_params": {
            "model": format!("openai/{MODEL}"), "api_base": format!("{}/v1", upstream.uri()),
            "api_key": "sk-upstream", "max_retries": 0}}],
        "router_settings": {"num_retries": 0, "disable_cooldowns": true},
        "litellm_settings": {"num_retries": 0},
    });
    // JSON is YAML.
    let path = scenario.path("gateway.yaml");
    std::fs::write(&path, config.to_string()).unwrap();
    let mut command = Command::new(peers.join("litellm/bin/litellm"));
    command.args(["--telemetry", "False", "--config"]).arg(path);
    command.env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
    command.env(
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY",
        "true",
    );
    Some(Server::start(command))
}

fn prepared(scenario: &Scenario, gateway: &Server) -> (serde_json::Value, Outcome) {
    let ran = outcome(preparing(scenario, &gateway.base_url()));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    (serde_json::from_str(&ran.stdout).unwrap(), ran)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_through_a_gateway_is_accepted_and_its_waits_are_kept() {
    let scenario = Scenario::copy_of(SEED);
    let play = Play::of(&scenario);
    let asked = AtomicUsize::new(0);
    let upstream = endpoint(move |turn| match asked.fetch_add(1, Ordering::SeqCst) {
        // Once in the middle, the upstream asks to wait; the gateway renames the header.
        1 => ResponseTemplate::new(429)
            .insert_header("retry-after", "0.2")
            .set_body_json(json!({"error": {"message": "slow", "type": "rate_limit_error"}})),
        _ => play.turn(turn),
    })
    .await;
    let Some(gateway) = gateway(&scenario, &upstream) else {
        return;
    };
    let (packet, _) = prepared(&scenario, &gateway);
    assert_eq!(
        packet["validation"]["outcome"], "accepted",
        "{}",
        packet["validation"]
    );
    assert_eq!(packet["validation"]["rounds"], 1);
    assert_eq!(packet["provenance"]["model"], MODEL);
    assert_eq!(packet["concerns"][0]["citations"][0]["quote"], "lhaddad");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_upstream_refuses_is_told_through_a_gateway() {
    let refusal = |status: u16, code: &str, message: &str| {
        let error = json!({"message": message, "type": "invalid_request_error", "code": code});
        ResponseTemplate::new(status).set_body_json(json!({"error": error}))
    };
    let scenario = Scenario::copy_of(SEED);
    let limited = ResponseTemplate::new(429)
        .insert_header("retry-after", "3600")
        .set_body_json(json!({"error": {"message": "slow", "type": "rate_limit_error"}}));
    let answers = [
        (
            refusal(
                400,
                "context_length_exceeded",
                "maximum context length is 4096 tokens",
            ),
            "longer than the model's context",
        ),
        (
            refusal(
                401,
                "invalid_api_key",
                "Incorrect API key provided: sk-upstream",
            ),
            "refused the key",
        ),
        (limited, "asks to wait 3600 s, and the longest wait is 30 s"),
    ];
    let (templates, reasons): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
    let current = std::sync::Arc::new(AtomicUsize::new(0));
    let shown = std::sync::Arc::clone(&current);
    let upstream = endpoint(move |_| templates[shown.load(Ordering::SeqCst)].clone()).await;
    let Some(gateway) = gateway(&scenario, &upstream) else {
        return;
    };
    for (number, reason) in reasons.into_iter().enumerate() {
        current.store(number, Ordering::SeqCst);
        let again = Scenario::copy_of(SEED);
        let (packet, ran) = prepared(&again, &gateway);
        rules_only(&packet, reason);
        assert!(!ran.stdout.contains("sk-") && !ran.stderr.contains("sk-"));
    }
}
