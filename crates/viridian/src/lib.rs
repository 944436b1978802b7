//! viridian
