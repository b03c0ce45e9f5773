//! The application: command line, agent loop, review queue, rendering.

pub mod agent;
