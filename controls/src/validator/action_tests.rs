use super::*;

#[track_caller]
fn check_claims(texts: &[&str]) {
    let missed: Vec<&&str> = texts
        .iter()
        .filter(|text| claims(text).is_empty())
        .collect();
    assert!(missed.is_empty(), "no claim found in: {missed:#?}");
}

#[track_caller]
fn check_evidence(texts: &[&str]) {
    let found: Vec<(&&str, Vec<String>)> = texts
        .iter()
        .map(|text| (text, claims(text)))
        .filter(|(_, claims)| !claims.is_empty())
        .collect();
    assert!(found.is_empty(), "claims found in evidence: {found:#?}");
}

#[test]
fn the_author_acting_in_any_tense_is_a_claim() {
    check_claims(&[
        "I approved the exception.",
        "I have approved the packet.",
        "I've now formally signed the attestation.",
        "We extended the exception to the hotfix path.",
        "We will rotate the key.",
        "we'll extend it",
        "I am approving this cycle.",
        "We're extending the exception",
        "I approve.",
        "I hereby certify the cycle.",
        "Custody approved the packet.",
        "Custody has extended exception EX-7.",
        "This tool rotated key K-1.",
        "The assistant has changed the quorum.",
        "The agent signed the attestation.",
        "This review extends the exception to 2027.",
        "The review agent filed the attestation.",
        "I went ahead and approved it.",
        "I decided to waive the requirement.",
        "I reviewed the evidence and approved the exception.",
        "We checked the seal, then replaced the medium.",
        "I notified governance.",
        "I have escalated this.",
        "I reset the quorum.",
        "**I approved** the exception.",
        "The exception, which I granted, covers it.",
    ]);
}

#[test]
fn things_that_only_people_decide_are_not_done_here() {
    check_claims(&[
        "The exception has been extended.",
        "The exception has been extended to cover the hotfix path.",
        "The attestation has been signed.",
        "The packet is approved.",
        "This packet was approved on 2026-11-24.",
        "The quorum is now changed.",
        "The key is hereby rotated.",
        "Keys have already been rotated.",
        "The roster has been updated.",
        "The cycle is closed.",
        "The pipeline configuration has been modified.",
        "Approval is granted.",
        "Approval granted.",
        "The exception was approved by me.",
        "It was signed by this tool.",
        "It has my approval.",
    ]);
}

#[test]
fn sentences_without_a_subject_are_claims() {
    check_claims(&[
        "Approved.",
        "All evidence is there. Approved",
        "Extended the exception.",
        "Rotated key K.",
        "- Rotated KEY-7.",
        "Signed and closed.",
        "Formally approved.",
        "Revoked exception EX-7 for this bridge.",
    ]);
}

#[test]
fn what_the_evidence_says_was_done_is_no_claim() {
    check_evidence(&[
        "The exception was approved on 2026-02-01.",
        "Exception EX-7 has been approved by p-7 since 2026-02-01.",
        "Both operators signed the record.",
        "The key was rotated in ceremony CER-1 on 2026-03-01.",
        "Each participant signed.",
        "The roster approved by p-2 is in force.",
        "It is not signed by p-3, and unsigned participation is a gap.",
        "Signed participation is recorded for both operators.",
        "Custody drift is visible.",
        "Custody changed hands twice.",
        "The medium was replaced after the last inspection.",
        "The medium has been replaced since the last inspection.",
        "EM-04 has been replaced, and no inspection followed.",
        "The temporary operator was removed from the roster.",
        "The change was approved and signed by two people.",
        "Approved exceptions cover four paths.",
        "Approved exception EX-7 covers the path.",
        "State: approved.",
        "The exception (approved) is in force.",
        "The key attestation was verified.",
        "The prior attestation was approved.",
        "The operators changed the quorum out of band.",
    ]);
}

#[test]
fn advice_and_denial_are_no_claim() {
    check_evidence(&[
        "Recommend approve.",
        "I recommend approving the packet.",
        "We recommend that the owner extend the exception.",
        "Must be approved by the owner.",
        "The owner should extend the exception or retire the path.",
        "We cannot approve this.",
        "I did not approve anything.",
        "This review changes nothing.",
        "This tool approves nothing and signs nothing.",
        "The exception has not been extended.",
        "No key has been rotated.",
        "Hold until the exception has been extended.",
        "Once the medium has been resealed, inspect it again.",
        "The packet is supportable as submitted.",
        "The packet is not approved.",
        "We note that the exception was approved and extended.",
        "We found the approved and signed records.",
        "Approve, remediate or escalate.",
        "The attestation is signed by a person, outside this tool.",
        "Before the attestation is signed, inspect the seal.",
        "I would extend it only after a new approval.",
    ]);
}
