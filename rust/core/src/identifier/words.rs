//! Words for a phone before and after a number, and the parameters of RFC 3966 (rules 5 and 6).

use std::borrow::Cow;

use super::characters::trim;

/// Words for a phone. Where one begins with another, the longer is first.
#[rustfmt::skip]
const WORDS: [&str; 69] = [
    "联系人", "联系", "联络", "聯絡", "聯繫", "手机", "手機", "电话", "電話", "移动", "固定", "固话", "座机", "家庭", "家里", "单位", "办公", "工作", "本人",
    "本机", "个人", "常用", "备用", "紧急", "注册", "绑定", "预留", "收货人", "客户", "用户", "机主", "户主", "号码", "號碼", "号", "方式", "主叫", "被叫",
    "热线", "传真", "微信同号", "同微信", "telephone", "telefon", "tel", "phone", "mobile", "mob", "cell", "contact", "number",
    "num", "no", "ph", "hp", "fax", "call", "home", "work", "office", "tél", "teléfono", "телефон", "☎", "☏", "✆",
    "📞", "📱", "📲",
];

/// Letters that stand for a phone before a colon or a full stop.
const LETTERS: &[u8] = b"mtpcw";
const PHONE_CONTEXT: &str = "phone-context=";

/// Rule 5: the number of an RFC 3966 text without its parameters, after its global context if it has one.
pub(super) fn without_parameters(text: &str) -> Cow<'_, str> {
    let Some((number, parameters)) = text.split_once(';') else {
        return Cow::Borrowed(text);
    };
    if !parameters.split(';').all(is_parameter) {
        return Cow::Borrowed(text);
    }
    let bare = without_words(number);
    match parameters.split(';').find_map(context) {
        Some(context) if !bare.starts_with('+') => Cow::Owned(format!("{context}{bare}")),
        _ => Cow::Borrowed(bare),
    }
}

/// Whether a text is `name` or `name=value`.
fn is_parameter(text: &str) -> bool {
    let name = text.split_once('=').map_or(text, |(name, _)| name).as_bytes();
    name.first().is_some_and(u8::is_ascii_lowercase)
        && name.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

/// The value of a parameter `phone-context` that begins with `+` and a digit.
fn context(parameter: &str) -> Option<&str> {
    let value = parameter.strip_prefix(PHONE_CONTEXT)?;
    let digits = value.strip_prefix('+').filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))?;
    let rest = digits.trim_start_matches(|sign: char| sign.is_ascii_digit() || ".() -".contains(sign));
    Some(&value[..value.len() - rest.len()])
}

/// Rule 6: the text without words for a phone at its ends.
pub(super) fn without_words(text: &str) -> &str {
    trim(without_trailing(trim(without_leading(text))))
}

/// The text without the words that it begins with. A bracket may precede the first, and signs may follow each.
fn without_leading(text: &str) -> &str {
    let mut rest = text.strip_prefix('(').unwrap_or(text);
    let mut found = false;
    while let Some(after) = after_word(rest) {
        rest = after.strip_prefix(')').unwrap_or(after).trim_start_matches(|sign| " :.#=/,'-".contains(sign));
        found = true;
    }
    if found { rest } else { text }
}

/// What follows the word at the start of a text.
fn after_word(text: &str) -> Option<&str> {
    // No word begins with what nearly every number begins with.
    if matches!(text.as_bytes().first()?, b'0'..=b'9' | b'+' | b'(') {
        return None;
    }
    WORDS.iter().find_map(|word| text.strip_prefix(word)).or_else(|| match text.as_bytes() {
        [letter, b':' | b'.', ..] if LETTERS.contains(letter) => Some(&text[2..]),
        _ => None,
    })
}

/// The text without the words that it ends with, and the signs before each.
fn without_trailing(text: &str) -> &str {
    let rest = text.trim_end_matches([' ', ')', '.']);
    if rest.ends_with(|last: char| last.is_ascii_digit()) {
        return text;
    }
    shortest_without(rest).unwrap_or(text)
}

/// The shortest text that is left when one or more words are removed from the end.
fn shortest_without(text: &str) -> Option<&str> {
    let mut shortest = None;
    // Several words may end a text, such as `phone` and `telephone`. Each end is met once, from the last to the first.
    let mut ends = vec![text.len()];
    while let Some(end) = ends.pop() {
        for word in WORDS {
            let Some(before) = text[..end].strip_suffix(word) else { continue };
            let rest = before.trim_end_matches([' ', '(', ',', ':', '-']);
            if shortest.is_none_or(|found| rest.len() < found) {
                shortest = Some(rest.len());
            }
            if let Err(at) = ends.binary_search(&rest.len()) {
                ends.insert(at, rest.len());
            }
        }
    }
    shortest.map(|length| &text[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_at_both_ends_are_removed() {
        for text in [
            "手机号:138",
            "(手机)138",
            "tel.: 138",
            "m:138",
            "138 telephone",
            "138(手机号码)",
            "138 - 联系电话 tel.",
            "138",
        ] {
            assert_eq!(without_words(text), "138", "{text}");
        }
        assert_eq!(without_words("x138"), "x138");
        assert_eq!(without_words("手机"), "");
    }

    #[test]
    fn parameters_are_removed_and_a_global_context_is_put_in_front() {
        assert_eq!(without_parameters("tel:138;ext=1;isub"), "138");
        assert_eq!(without_parameters("tel:138;phone-context=+86"), "+86138");
        assert_eq!(without_parameters("tel:+86138;phone-context=+86"), "+86138");
        assert_eq!(without_parameters("138;139"), "138;139");
    }
}
