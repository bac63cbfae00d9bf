//! Finds the name that somebody may have meant.

/// The most similar of these names, if one is similar at all.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let similar = names.map(|other| (strsim::jaro_winkler(name, other), other));
    let best = similar.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 > 0.7).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        let names = ["trains", "planes", "automobiles"];
        assert_eq!(nearest("automobil", names.into_iter()), Some("automobiles"));
        assert_eq!(nearest("zzz", names.into_iter()), None);
    }
}
