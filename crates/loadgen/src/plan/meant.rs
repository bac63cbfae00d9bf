//! Suggests what a user may have meant by an unknown word.

/// The nearest known word as a question, or all known words.
pub fn meant(unknown: &str, known: &[&str]) -> String {
    let distance = |name: &str| strsim::damerau_levenshtein(unknown, name);
    match known.iter().min_by_key(|name| distance(name)) {
        Some(nearest) if distance(nearest) <= 1 + unknown.len() / 3 => {
            format!("did you mean `{nearest}`?")
        }
        _ => format!("there are {}", known.join(", ")),
    }
}
