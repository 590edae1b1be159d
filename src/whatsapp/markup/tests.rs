use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;
use crate::event::Look;

/// A text with letters for the looks around their words: `<b …>`.
fn shown(rich: &Rich) -> String {
    let mut places: Vec<(usize, usize, String)> = Vec::new();
    for (order, span) in rich.spans().iter().enumerate() {
        let letter = match span.look {
            Look::Bold => 'b',
            Look::Italic => 'i',
            Look::Strikethrough => 's',
            Look::Monospace => 'm',
            Look::Spoiler | Look::Owner => 'x',
        };
        places.push((span.end, 0, ">".to_owned()));
        places.push((span.start, 1 + order, format!("<{letter} ")));
    }
    places.sort();
    rich.replace(places.iter().map(|(at, _, mark)| (*at..*at, mark.as_str()))).reveal().to_owned()
}

#[test]
fn markers_of_whatsapp_are_read() {
    for (text, expected) in [
        ("*b* _i_ ~s~ ```m``` `c`", "<b b> <i i> <s s> <m m> <m c>"),
        ("say *it loud*!", "say <b it loud>!"),
        ("(*a*) \"_b_\" >~c~", "(<b a>) \"<i b>\" ><s c>"),
        ("*_~all~_*", "<b <i <s all>>>"),
        ("*a _b* c_", "<b a _b> c_"),
        ("*bold with `code * inside` it*", "<b bold with <m code * inside> it>"),
        ("```two\n*lines*```", "<m two\n*lines*>"),
        ("*two\nlines* _a_", "*two\nlines* <i a>"),
        ("`two\nlines`", "`two\nlines`"),
        ("> *a*\n- _b_\n* c\n1. ~d~", "> <b a>\n- <i b>\n* c\n1. <s d>"),
        ("*жирный* *عربي* *é*", "<b жирный> <b عربي> <b é>"),
        ("😀*b*👍", "😀<b b>👍"),
        ("*https://a.b/c_d_e*", "<b https://a.b/c_d_e>"),
        ("\u{2060}*a* \u{2060}_b_", "*a* _b_"),
    ] {
        assert_eq!(shown(&read(text)), expected, "{text}");
    }
}

#[test]
fn what_is_no_marker_stays_as_it_is() {
    for text in [
        "snake_case_name",
        "2*3*4",
        "2 * 3 * 4",
        "a * b *c",
        "* item *",
        "*open",
        "close*",
        "**a**",
        "__init__",
        "~~a~~",
        "****",
        "``a``",
        "``` ```",
        "```",
        "```open",
        "`` ` ``",
        "¯\\_(ツ)_/¯",
        "https://a.b/_c_/*d*/e",
        "www.a.b/_c_",
        "/usr/_a_/b",
        "*️⃣ a *️⃣",
        "*a*b",
        "e\u{301}*b*",
        "x~y~z",
        "",
        "\u{2060}",
    ] {
        let rich = read(text);
        assert_eq!((rich.reveal(), rich.spans()), (text, &[][..]), "{text}");
    }
}

fn span(text: &str, part: &str, look: Look) -> Span {
    let start = text.find(part).unwrap();
    Span { start, end: start + part.len(), look }
}

#[test]
fn looks_become_markers() {
    for (text, looks, expected) in [
        ("a b c", vec![("b", Look::Bold)], "a *b* c"),
        ("a b c", vec![(" b ", Look::Italic)], "a _b_ c"),
        ("a\n b \n\nc", vec![("a\n b \n\nc", Look::Bold)], "*a*\n *b* \n\n*c*"),
        ("x\ny", vec![("x\ny", Look::Monospace)], "```x```\n```y```"),
        ("all of it", vec![("all of it", Look::Bold), ("all of it", Look::Italic)], "*_all of it_*"),
        ("one two three", vec![("one two", Look::Bold), ("two three", Look::Italic)], "*one* _*two* three_"),
        ("a b c", vec![("b", Look::Spoiler)], "a spoiler: b c"),
        ("a b c", vec![("a b", Look::Bold), ("b", Look::Spoiler)], "*a spoiler: b* c"),
        ("*a* b", vec![("b", Look::Bold)], "\u{2060}*a* *b*"),
        ("see `x`, _y_", vec![], "see \u{2060}`x`, \u{2060}_y_"),
        ("```x```", vec![], "\u{2060}```x```"),
        ("*a and 2*3", vec![], "\u{2060}*a and 2*3"),
        ("*a", vec![], "*a"),
        ("snake_case", vec![("snake_case", Look::Italic)], "_snake_case_"),
        ("x *a _b_", vec![("x *a _b_", Look::Monospace)], "```x *a _b_```"),
        ("https://a.b/_c_ d", vec![("https://a.b/_c_ d", Look::Bold)], "*https://a.b/_c_ d*"),
        // There is no place for markers.
        ("https://a.b/c", vec![("b/c", Look::Bold)], "https://a.b/c"),
        ("unbelievable", vec![("believ", Look::Bold)], "unbelievable"),
        ("a b", vec![(" ", Look::Bold)], "a b"),
        ("a *b c", vec![("*b c", Look::Bold)], "a *b c"),
        ("a ``` b", vec![("a ``` b", Look::Monospace)], "a ``` b"),
        ("in mono", vec![("in mono", Look::Monospace), ("mono", Look::Bold)], "```in mono```"),
    ] {
        let spans = looks.iter().map(|(part, look)| span(text, part, *look));
        assert_eq!(write(&Rich::new(text, spans)), expected, "{text}");
    }
}

/// Words, markers and odd characters of all kinds.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "word",
        "snake_case",
        "2*3",
        " ",
        "  ",
        "\n",
        "*",
        "_",
        "~",
        "`",
        "```",
        "\u{2060}",
        "😀",
        "👨\u{200D}👩\u{200D}👧",
        "e\u{301}",
        "\u{FE0F}",
        "\u{20E3}",
        "שלום",
        "مرحبا",
        "\u{202E}",
        "漢字",
        "https://a.b/_c_",
        "www.a.b",
        "> ",
        "- ",
        "1. ",
        ".",
        ",",
        "(",
        ")",
        "/",
        "\\",
        "\u{FFFC}",
        "\r\n",
        "\u{2028}",
        "ß",
        "İ",
    ]);
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn riches() -> impl Strategy<Value = Rich> {
    let looks = [Look::Bold, Look::Italic, Look::Strikethrough, Look::Monospace, Look::Spoiler].to_vec();
    let span = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), prop::sample::select(looks));
    (texts(), vec(span, 0..6)).prop_map(|(text, spans)| {
        let ends: Vec<_> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let spans = spans.iter().map(|(start, end, look)| Span {
            start: *ends.get(start.index(ends.len())).unwrap(),
            end: *ends.get(end.index(ends.len())).unwrap(),
            look: *look,
        });
        Rich::new(text.clone(), spans.collect::<Vec<_>>())
    })
}

fn holds<S: Strategy>(strategy: &S, property: impl Fn(S::Value)) {
    let config = proptest::test_runner::Config { cases: 10_000, failure_persistence: None, ..Default::default() };
    let run = TestRunner::new(config).run(strategy, |value| {
        property(value);
        Ok(())
    });
    run.unwrap();
}

fn without(text: &str, what: &[char]) -> String {
    text.replace(what, "")
}

#[test]
fn of_what_whatsapp_says_only_markers_go() {
    const MARKERS: [char; 5] = ['*', '_', '~', '`', '\u{2060}'];
    holds(&texts(), |text| {
        let rich = read(&text);
        assert_eq!(without(rich.reveal(), &MARKERS), without(&text, &MARKERS));
        if rich.spans().is_empty() {
            assert_eq!(without(rich.reveal(), &['\u{2060}']), without(&text, &['\u{2060}']));
        }
    });
}

#[test]
fn of_what_signal_says_nothing_is_lost_and_it_reads_as_it_was_meant() {
    holds(&riches(), |rich| {
        let (written, spoken) = (write(&rich), write::spoken(&rich));
        let back = read(&written);
        assert_eq!(without(back.reveal(), &['\u{2060}']), without(spoken.reveal(), &['\u{2060}']), "{rich:?}");
        let had = |span: &Span| {
            spoken.spans().iter().any(|old| old.look == span.look && old.start <= span.start && span.end <= old.end)
        };
        if !rich.reveal().contains('\u{2060}') {
            assert_eq!(back.reveal(), spoken.reveal());
            assert!(back.spans().iter().all(had), "{} became {}", shown(&rich), shown(&back));
        }
    });
}

#[test]
fn there_and_back_is_stable() {
    holds(&texts(), |text| {
        let text = without(&text, &['\u{2060}']);
        let once = read(&text);
        let again = read(&write(&once));
        assert_eq!((again.reveal(), write(&again)), (once.reveal(), write(&once)));
    });
    holds(&riches(), |rich| {
        let back = read(&write(&rich));
        if !rich.reveal().contains('\u{2060}') {
            assert_eq!(read(&write(&back)), back);
        }
    });
}

/// What a stranger writes costs time by its length alone.
#[test]
fn a_text_full_of_markers_is_read_at_once() {
    for piece in ["*a ", "`a ", "``` ", "_*~", "a*", "```a", "\u{2060}*", "*\u{301}"] {
        let text = piece.repeat(300_000 / piece.len());
        assert!(read(&text).reveal().len() <= text.len());
    }
}
