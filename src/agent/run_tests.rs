//! The run as a state machine: every limit ends it, every odd answer is told, and its journal replays.

use custody_controls::validator::{DraftFault, FaultCode};
use serde_json::json;

use super::turns::MAX_REMINDERS;
use super::*;
use crate::agent::message::RequestedCall;
use crate::agent::prompts;

const DRAFT: &str = r#"{"posture":"approve"}"#;

fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: String::new(),
        parameters: json!({"type": "object"}),
    }
}

fn reference() -> Reference {
    Reference {
        first: "ghjkmnpq".to_owned(),
        second: "rstvwxyz".to_owned(),
    }
}

fn begun(limits: Limits) -> Run {
    let opening = Opening {
        system: format!("system {}", reference().first),
        task: format!("task {}", reference().second),
        reference: reference(),
    };
    Run::new(opening, vec![tool("look"), tool(SUBMIT_TOOL)], limits)
}

fn calling(calls: &[(&str, &str)]) -> Event {
    let calls = calls.iter().map(|(name, arguments)| RequestedCall {
        name: (*name).to_owned(),
        arguments: (*arguments).to_owned(),
    });
    Event::Turn {
        turn: Turn {
            calls: calls.collect(),
            usage: Some(Usage {
                input: 10,
                output: 2,
            }),
            ..Turn::default()
        },
        seconds: 1,
    }
}

/// A turn that hands in [`DRAFT`] with `given` as its reference.
fn submitting_with(given: &str) -> Event {
    let submission = DRAFT.replacen('{', &format!("{{\"reference\":\"{given}\","), 1);
    calling(&[(SUBMIT_TOOL, &submission)])
}

fn submitting() -> Event {
    submitting_with(&reference().whole())
}

fn saying(text: &str) -> Event {
    let turn = Turn {
        text: text.to_owned(),
        ..Turn::default()
    };
    Event::Turn { turn, seconds: 1 }
}

fn answering(texts: &[&str]) -> Event {
    let answer = |text: &&str| Answer {
        text: (*text).to_owned(),
        shown: BTreeSet::from([format!("hsm/modules/{text}")]),
    };
    Event::Answers {
        answers: texts.iter().map(answer).collect(),
    }
}

fn rejecting() -> Event {
    let fault = DraftFault {
        code: FaultCode::PostureMismatch,
        requirement: None,
        path: "/posture".to_owned(),
        message: "the rules say `remediate`".to_owned(),
    };
    Event::DraftRejected {
        rejected: RejectedDraft::of(DRAFT, vec![fault]),
    }
}

/// A look with arguments of its own, so that it is no repetition.
fn look(run: &mut Run, number: u32) {
    run.apply(calling(&[("look", &format!("{{\"n\":{number}}}"))]));
    run.apply(answering(&["seen"]));
}

/// What the model was told in answer to its last calls.
fn told(run: &Run) -> Vec<String> {
    let Step::AskModel(request) = run.next() else {
        panic!("the run does not ask the model: {:?}", run.next());
    };
    let mut told: Vec<String> = request
        .messages
        .into_iter()
        .rev()
        .map_while(|message| match message {
            Message::Tool { text, .. } => Some(text),
            Message::System { .. } | Message::User { .. } | Message::Assistant { .. } => None,
        })
        .collect();
    told.reverse();
    told
}

#[track_caller]
fn ends_for(run: &Run, reason: &str) {
    match run.next() {
        Step::Finished(Ending::RulesOnly(given)) => assert!(given.contains(reason), "{given}"),
        step => panic!("the run goes on: {step:?}"),
    }
}

#[test]
fn a_draft_that_passes_ends_the_run() {
    let mut run = begun(Limits::default());
    look(&mut run, 1);
    run.apply(submitting());
    assert_eq!(run.next(), Step::Validate(DRAFT.to_owned()));
    run.apply(Event::DraftAccepted);
    let ending = Ending::Accepted(DRAFT.to_owned());
    assert_eq!(run.next(), Step::Finished(ending));
    assert_eq!(
        run.shown(),
        &BTreeSet::from(["hsm/modules/seen".to_owned()])
    );
    assert_eq!(
        run.usage(),
        Usage {
            input: 20,
            output: 4
        }
    );
    assert_eq!(run.tool_calls(), 1);
}

#[test]
fn a_draft_without_the_reference_is_never_accepted_and_the_second_ends_the_run() {
    for wrong in ["", "ghjkmnpq", "rstvwxyz-ghjkmnpq", "…"] {
        let mut run = begun(Limits::default());
        run.apply(submitting_with(wrong));
        assert_eq!(run.next(), Step::Validate(DRAFT.to_owned()));
        assert!(run.lacks_reference(), "{wrong}");
        let before = run.clone();
        run.apply(Event::DraftAccepted);
        assert_eq!(run, before, "accepted with {wrong}");
        run.apply(rejecting());
        assert!(matches!(run.next(), Step::AskModel(_)), "one may be a slip");
        run.apply(calling(&[(SUBMIT_TOOL, DRAFT)]));
        run.apply(rejecting());
        ends_for(&run, "could not give back the reference");
        assert_eq!(run.rejected().len(), 2, "both drafts are kept");
    }
}

#[test]
fn a_reference_given_at_the_second_attempt_is_right() {
    let mut run = begun(Limits::default());
    run.apply(submitting_with(""));
    run.apply(rejecting());
    run.apply(submitting());
    assert!(!run.lacks_reference());
    run.apply(Event::DraftAccepted);
    assert!(matches!(run.next(), Step::Finished(Ending::Accepted(_))));
}

#[test]
fn the_reference_stands_at_the_beginning_alone_whatever_the_model_repeats() {
    let mut run = begun(Limits::default());
    let whole = reference().whole();
    let Event::Turn { mut turn, seconds } = submitting() else {
        unreachable!()
    };
    turn.text = format!("the reference is {whole}");
    turn.reasoning = Some(format!("so it is {whole}"));
    run.apply(Event::Turn { turn, seconds });
    run.apply(rejecting());
    run.apply(saying(&whole));
    run.apply(calling(&[(&whole, &format!("{{\"{whole}\":"))]));
    let Step::AskModel(request) = run.next() else {
        panic!("the run goes on: {:?}", run.next());
    };
    let (opening, later) = request.messages.split_at(2);
    let opening = serde_json::to_string(opening).unwrap();
    let later = serde_json::to_string(later).unwrap();
    for half in [reference().first, reference().second] {
        assert_eq!(opening.matches(&half).count(), 1);
        assert!(!later.contains(&half), "{later}");
    }
}

#[test]
fn time_spent_is_what_the_journal_says() {
    let mut run = begun(Limits::default());
    for seconds in [3, 900, 20] {
        let Event::Turn { turn, .. } = saying("hm") else {
            unreachable!()
        };
        run.apply(Event::Turn { turn, seconds });
    }
    assert_eq!(run.seconds(), 900);
}

#[test]
fn turns_run_out() {
    let mut run = begun(Limits {
        max_turns: 2,
        ..Limits::default()
    });
    look(&mut run, 1);
    assert!(matches!(run.next(), Step::AskModel(_)));
    look(&mut run, 2);
    ends_for(&run, "2 turns");
}

#[test]
fn tool_calls_run_out() {
    let mut run = begun(Limits {
        max_tool_calls: 2,
        ..Limits::default()
    });
    look(&mut run, 1);
    look(&mut run, 2);
    ends_for(&run, "2 tool calls");
}

#[test]
fn one_turn_cannot_ask_for_more_calls_than_are_left() {
    let mut run = begun(Limits {
        max_tool_calls: 2,
        ..Limits::default()
    });
    let calls: Vec<String> = (0..5).map(|n| format!("{{\"n\":{n}}}")).collect();
    let calls: Vec<(&str, &str)> = calls.iter().map(|text| ("look", text.as_str())).collect();
    run.apply(calling(&calls));
    let Step::CallTools(planned) = run.next() else {
        panic!("no calls to answer: {:?}", run.next());
    };
    assert_eq!(planned.len(), 2);
}

#[test]
fn bytes_run_out() {
    let mut run = begun(Limits {
        max_bytes: 8,
        ..Limits::default()
    });
    look(&mut run, 1);
    assert!(matches!(run.next(), Step::AskModel(_)));
    look(&mut run, 2);
    ends_for(&run, "8 bytes");
}

#[test]
fn time_runs_out() {
    let mut run = begun(Limits {
        max_seconds: 5,
        ..Limits::default()
    });
    let Event::Turn { turn, .. } = submitting() else {
        unreachable!()
    };
    run.apply(Event::Turn { turn, seconds: 6 });
    ends_for(&run, "longer than 5 seconds");
}

#[test]
fn rejected_drafts_run_out_and_are_kept() {
    let mut run = begun(Limits {
        max_rejected_drafts: 1,
        ..Limits::default()
    });
    run.apply(submitting());
    run.apply(rejecting());
    assert!(told(&run)[0].contains("posture-mismatch at `/posture`"));
    run.apply(submitting());
    run.apply(rejecting());
    ends_for(&run, "2 drafts were rejected");
    assert_eq!(run.rejected().len(), 2);
}

#[test]
fn a_model_that_only_talks_is_reminded_twice_and_then_left() {
    let mut run = begun(Limits::default());
    for _ in 0..MAX_REMINDERS {
        run.apply(saying("I think all is well"));
        let Step::AskModel(request) = run.next() else {
            panic!("no reminder: {:?}", run.next());
        };
        let reminder = Message::User {
            text: prompts::use_the_tools().to_owned(),
        };
        assert_eq!(request.messages.last(), Some(&reminder));
    }
    run.apply(saying("all is well"));
    ends_for(&run, "in text instead of calling tools");
}

#[test]
fn a_model_that_says_nothing_or_never_calls_is_told_apart() {
    let mut run = begun(Limits::default());
    (0..=MAX_REMINDERS).for_each(|_| run.apply(saying(" ")));
    ends_for(&run, "neither text nor calls, and never called one");

    let mut run = begun(Limits::default());
    look(&mut run, 1);
    (0..=MAX_REMINDERS).for_each(|_| run.apply(saying("so")));
    let Step::Finished(Ending::RulesOnly(reason)) = run.next() else {
        panic!("the run goes on");
    };
    assert_eq!(
        reason,
        "the model answered in text instead of calling tools"
    );
}

#[test]
fn turns_in_a_row_that_cannot_be_acted_on_end_the_run() {
    let Event::Turn { mut turn, seconds } = submitting() else {
        unreachable!()
    };
    turn.truncated = true;
    let cut = Event::Turn { turn, seconds };
    let fruitless = [
        calling(&[("look", "{\"n\":")]),
        calling(&[("sign", "{}")]),
        calling(&[("look", "{}"), (SUBMIT_TOOL, DRAFT)]),
        cut,
    ];
    let mut run = begun(Limits::default());
    fruitless.iter().for_each(|event| run.apply(event.clone()));
    // One that can be acted on begins the count anew.
    look(&mut run, 1);
    fruitless.iter().for_each(|event| run.apply(event.clone()));
    assert!(matches!(run.next(), Step::AskModel(_)));
    run.apply(calling(&[("look", "[]")]));
    ends_for(&run, "5 turns in a row that could not be acted on");
}

#[test]
fn a_model_or_tool_that_fails_ends_the_run() {
    let mut run = begun(Limits::default());
    let error = ModelError::Unreachable("connection refused".to_owned());
    run.apply(Event::ModelFailed { error });
    ends_for(&run, "connection refused");

    let mut run = begun(Limits::default());
    run.apply(calling(&[("look", "{}")]));
    let reason = "the capture is broken".to_owned();
    run.apply(Event::ToolStopped { reason });
    ends_for(&run, "the capture is broken");
}

#[test]
fn a_draft_beside_reads_is_not_judged_and_nothing_is_read() {
    let mut run = begun(Limits::default());
    run.apply(calling(&[("look", "{}"), (SUBMIT_TOOL, DRAFT)]));
    assert_eq!(told(&run), vec![prompts::submit_alone(); 2]);
    assert_eq!(run.tool_calls(), 0);
}

#[test]
fn two_drafts_in_one_turn_are_not_judged() {
    let mut run = begun(Limits::default());
    run.apply(calling(&[(SUBMIT_TOOL, DRAFT), (SUBMIT_TOOL, DRAFT)]));
    assert_eq!(told(&run), vec![prompts::submit_alone(); 2]);
    assert!(run.rejected().is_empty());
}

#[test]
fn a_draft_that_was_cut_off_is_not_judged() {
    let mut run = begun(Limits::default());
    let Event::Turn { mut turn, seconds } = calling(&[(SUBMIT_TOOL, "{\"posture\":")]) else {
        unreachable!()
    };
    turn.truncated = true;
    run.apply(Event::Turn { turn, seconds });
    assert_eq!(told(&run), vec![prompts::truncated_draft(11)]);
}

#[test]
fn an_unknown_tool_is_told_with_those_that_exist_and_its_neighbour_is_answered() {
    let mut run = begun(Limits::default());
    run.apply(calling(&[("sign_release", "{}"), ("look", "{}")]));
    let Step::CallTools(planned) = run.next() else {
        panic!("no calls to answer: {:?}", run.next());
    };
    let names: Vec<&str> = planned.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names, ["look"]);
    run.apply(answering(&["seen"]));
    let unknown = prompts::unknown_tool("sign_release", &["look", SUBMIT_TOOL]);
    assert_eq!(told(&run), [unknown, "seen".to_owned()]);
}

#[test]
fn arguments_that_are_no_object_are_told_and_never_replayed() {
    for bad in ["{\"n\":", "[1]", "null", "look!"] {
        let mut run = begun(Limits::default());
        run.apply(calling(&[("look", bad)]));
        assert_eq!(told(&run), vec![prompts::bad_arguments(bad)]);
        let Step::AskModel(request) = run.next() else {
            unreachable!()
        };
        let replayed: Vec<&str> = request
            .messages
            .iter()
            .filter_map(|message| match message {
                Message::Assistant { calls, .. } => Some(calls[0].arguments.as_str()),
                Message::System { .. } | Message::User { .. } | Message::Tool { .. } => None,
            })
            .collect();
        assert_eq!(replayed, ["{}"], "{bad}");
    }
}

#[test]
fn the_very_same_call_is_answered_so_often_and_no_more() {
    let mut run = begun(Limits {
        max_repeats: 2,
        ..Limits::default()
    });
    for _ in 0..2 {
        run.apply(calling(&[("look", "{}")]));
        run.apply(answering(&["seen"]));
        assert_eq!(told(&run), ["seen"]);
    }
    run.apply(calling(&[("look", "{}")]));
    assert_eq!(told(&run), [prompts::repeated_call()]);
}

#[test]
fn every_call_gets_one_answer_in_order_even_when_the_driver_gives_too_few() {
    let mut run = begun(Limits::default());
    run.apply(calling(&[("look", "{\"n\":1}"), ("look", "{\"n\":2}")]));
    run.apply(answering(&["seen"]));
    let expected = ["seen".to_owned(), prompts::not_answered().to_owned()];
    assert_eq!(told(&run), expected);
}

#[test]
fn an_event_that_answers_no_step_changes_nothing() {
    let mut run = begun(Limits::default());
    let before = run.clone();
    for event in [Event::DraftAccepted, rejecting(), answering(&["seen"])] {
        run.apply(event);
        assert_eq!(run, before);
    }
    run.apply(submitting());
    run.apply(Event::DraftAccepted);
    let over = run.clone();
    run.apply(calling(&[("look", "{}")]));
    assert_eq!(run, over);
}

/// A run with every kind of step in it.
fn eventful() -> Vec<Event> {
    vec![
        saying("let me see"),
        calling(&[("look", "{\"n\":1}"), ("sign", "{}"), ("look", "{")]),
        answering(&["seen"]),
        calling(&[("look", "{}"), (SUBMIT_TOOL, DRAFT)]),
        submitting(),
        rejecting(),
        submitting(),
        Event::DraftAccepted,
    ]
}

#[test]
fn a_run_may_be_put_away_between_any_two_steps() {
    let mut whole = begun(Limits::default());
    let mut resumed = begun(Limits::default());
    for event in eventful() {
        whole.apply(event.clone());
        resumed.apply(event);
        let text = serde_json::to_string(&resumed).unwrap();
        resumed = serde_json::from_str(&text).unwrap();
        assert_eq!(resumed, whole);
        assert_eq!(resumed.next(), whole.next());
    }
}

#[test]
fn a_journal_replays_to_the_same_state() {
    let journal = serde_json::to_string(&eventful()).unwrap();
    let mut whole = begun(Limits::default());
    let mut replayed = begun(Limits::default());
    eventful().into_iter().for_each(|event| whole.apply(event));
    let events: Vec<Event> = serde_json::from_str(&journal).unwrap();
    events.into_iter().for_each(|event| replayed.apply(event));
    assert_eq!(replayed, whole);
    assert!(matches!(whole.next(), Step::Finished(Ending::Accepted(_))));
}
