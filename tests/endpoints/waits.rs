//! Waiting: what an endpoint asks for is kept within the cap and the run's deadline.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use custody::agent::endpoint::{Endpoint, EndpointConfig, Patience};
use custody::agent::model::{Model as _, ModelError};
use secrecy::SecretString;
use wiremock::ResponseTemplate;

use crate::peer::{Peer, ok, saying, start};

const MS: fn(u64) -> Duration = Duration::from_millis;

fn busy(headers: &[(&str, &str)]) -> ResponseTemplate {
    let answer = ResponseTemplate::new(429);
    headers.iter().fold(answer, |answer, (name, value)| {
        answer.insert_header(*name, *value)
    })
}

/// The result of one turn with `change` made to the patience, and how long it took.
async fn timed(
    peer: &Peer,
    change: impl FnOnce(&mut Patience),
) -> (Result<String, ModelError>, Duration) {
    let mut config = peer.config();
    change(&mut config.patience);
    let endpoint = Endpoint::new(config).unwrap();
    let begun = Instant::now();
    let turn = endpoint.turn(&start()).await;
    (turn.map(|turn| turn.text), begun.elapsed())
}

#[tokio::test]
async fn r02_r03_r06_a_short_wait_is_kept_in_any_form() {
    for headers in [
        vec![("retry-after", "0.06")],
        vec![("retry-after-ms", "60")],
        vec![("llm_provider-retry-after", "0.06")],
    ] {
        let peer = Peer::answering(vec![busy(&headers), ok(&saying("hi"))]).await;
        let (turn, took) = timed(&peer, |_| {}).await;
        assert_eq!(turn, Ok("hi".into()), "{headers:?}");
        assert!(took >= MS(60), "{headers:?}: {took:?}");
    }
}

#[tokio::test]
async fn r03_a_date_is_held_against_the_answers_own() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let now = busy(&[("retry-after", date), ("date", date)]);
    let peer = Peer::answering(vec![now, ok(&saying("hi"))]).await;
    assert_eq!(timed(&peer, |_| {}).await.0, Ok("hi".into()));
    let later = busy(&[
        ("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"),
        ("date", date),
    ]);
    let peer = Peer::answering(vec![later]).await;
    let what = "status 429, it asks to wait 60 s, and the longest wait is 30 s";
    assert_eq!(
        timed(&peer, |_| {}).await.0,
        Err(ModelError::RateLimited(what.into()))
    );
}

#[tokio::test]
async fn r04_a_wait_over_the_cap_or_the_deadline_ends_at_once() {
    let hour = busy(&[("retry-after", "3600")]);
    let peer = Peer::answering(vec![hour]).await;
    let (turn, took) = timed(&peer, |_| {}).await;
    let what = "status 429, it asks to wait 3600 s, and the longest wait is 30 s";
    assert_eq!(turn, Err(ModelError::RateLimited(what.into())));
    assert!(
        took < MS(5000) && peer.requests().await.len() == 1,
        "{took:?}"
    );

    let peer = Peer::answering(vec![busy(&[("retry-after", "20")])]).await;
    let soon = tokio::time::Instant::now() + MS(9000);
    let (turn, took) = timed(&peer, |patience| patience.deadline = Some(soon)).await;
    let what = "status 429, waiting 20 s would pass the run's deadline";
    assert_eq!(turn, Err(ModelError::RateLimited(what.into())));
    assert!(
        took < MS(5000) && peer.requests().await.len() == 1,
        "{took:?}"
    );
}

#[tokio::test]
async fn r04_the_end_of_the_run_bounds_every_wait() {
    let peer = Peer::answering(vec![busy(&[("retry-after", "20")])]).await;
    let endpoint = peer.endpoint();
    endpoint.end_by(tokio::time::Instant::now() + MS(9000));
    let what = "status 429, waiting 20 s would pass the run's deadline";
    assert_eq!(
        endpoint.turn(&start()).await,
        Err(ModelError::RateLimited(what.into()))
    );

    let peer = Peer::answering(vec![ok(&saying("hi")).set_delay(MS(3000))]).await;
    let endpoint = peer.endpoint();
    endpoint.end_by(tokio::time::Instant::now() + MS(200));
    let what = "no answer before the run's deadline";
    assert_eq!(
        endpoint.turn(&start()).await,
        Err(ModelError::Unreachable(what.into()))
    );
}

#[tokio::test]
async fn r08_waits_of_our_own_double() {
    let peer = Peer::answering(vec![busy(&[]), busy(&[]), ok(&saying("hi"))]).await;
    let (turn, took) = timed(&peer, |patience| patience.base_delay = MS(40)).await;
    assert_eq!(turn, Ok("hi".into()));
    assert!(took >= MS(36 + 72), "{took:?}");
}

#[tokio::test]
async fn silence_is_borne_twice_and_the_deadline_once() {
    let slow = || vec![ok(&saying("hi")).set_delay(MS(3000))];
    let peer = Peer::answering(slow()).await;
    let (turn, _) = timed(&peer, |patience| patience.silence_timeout = MS(100)).await;
    let what = "it stayed silent for too long, after 2 attempts";
    assert_eq!(turn, Err(ModelError::Unreachable(what.into())));
    assert_eq!(peer.requests().await.len(), 2);

    let peer = Peer::answering(slow()).await;
    let soon = tokio::time::Instant::now() + MS(200);
    let (turn, took) = timed(&peer, |patience| patience.deadline = Some(soon)).await;
    let what = "no answer before the run's deadline";
    assert_eq!(turn, Err(ModelError::Unreachable(what.into())));
    assert!(took < MS(2500), "{took:?}");
}

/// An endpoint at `base_url` that is not the strict server.
async fn ask(base_url: &str) -> Result<String, ModelError> {
    let mut config = EndpointConfig::new(base_url, "m", SecretString::default());
    config.patience.base_delay = MS(1);
    let turn = Endpoint::new(config).unwrap().turn(&start()).await;
    turn.map(|turn| turn.text)
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_tried_and_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let what = "no connection, after 4 attempts";
    let error = ask(&format!("http://{address}/v1")).await;
    assert_eq!(error, Err(ModelError::Unreachable(what.into())));
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_answer_is_tried_once_more() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = std::thread::spawn(move || {
        let mut authorized = 0;
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            let text = String::from_utf8_lossy(&request[..read]).to_lowercase();
            authorized += usize::from(text.contains("authorization"));
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{")
                .unwrap();
        }
        authorized
    });
    let error = ask(&format!("http://{address}/v1")).await;
    let what = "the connection broke, status 200, after 2 attempts";
    assert_eq!(error, Err(ModelError::Unreachable(what.into())));
    assert_eq!(serving.join().unwrap(), 0, "an empty key is not sent");
}
