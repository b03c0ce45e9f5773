//! The application: review queue, human gate and audit log around the rules of custody-controls.

pub mod review;
