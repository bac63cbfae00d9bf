//! Suggests a correction for an unknown word.

/// Asks whether the nearest known word was meant, or lists all known words.
pub fn meant(unknown: &str, known: &[&str]) -> String {
    let distance = |name: &str| strsim::damerau_levenshtein(unknown, name);
    match known.iter().min_by_key(|name| distance(name)) {
        Some(nearest) if distance(nearest) <= 1 + unknown.len() / 3 => {
            format!("did you mean `{nearest}`?")
        }
        _ => format!("there are {}", known.join(", ")),
    }
}
