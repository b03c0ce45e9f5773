//! The application: command line, agent loop, review queue, rendering.

pub mod agent;
pub mod config;
pub mod render;
pub mod review;
