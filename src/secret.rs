//! Secrets: values that reach a child process or a server, and nothing else.

use secrecy::SecretString;

/// A secret's value. Prints as `[REDACTED]`, is wiped on drop, is never serialised.
pub type SecretValue = SecretString;
