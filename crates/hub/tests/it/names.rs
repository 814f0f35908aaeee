//! Names that look alike, names of the server, and scripts that a name mixes.

use madang_hub::names::{room_name, skeletons, user_name};
use madang_hub::rooms::{FIRST_ROOM_NAME, decide};
use madang_shared::ErrorCode;
use madang_shared::rooms::RoomsCommand;

fn look_alike(one: &str, other: &str) -> bool {
    skeletons(one).iter().any(|skeleton| skeletons(other).contains(skeleton))
}

#[test]
fn names_look_alike_across_scripts_and_within_latin() {
    for (one, other) in [
        ("Alice", "AIice"),
        ("Alice", "A1ice"),
        ("Alice", "Ꭺlice"),
        ("admin", "аdmin"),
        ("Mina", "ΜΙΝΑ"),
        ("cop", "сор"),
        ("Bob", "B0b"),
        ("corn", "com"),
        ("민수", "민\u{200D}수"),
        ("ニコ", "二コ"),
        ("Alice", "Ali\u{307}ce"),
        ("Alice", "Alıce"),
        ("Ina", "İna"),
    ] {
        assert!(look_alike(one, other), "{one} {other}: {:?}", (skeletons(one), skeletons(other)));
    }
    for (one, other) in [
        ("ALI", "all"),
        ("Eli", "Ell"),
        ("Mail", "Mali"),
        ("악기", "아끼"),
        ("각자", "가까"),
        ("민수", "민서"),
        ("Иван", "Ивана"),
        ("user1", "user2"),
    ] {
        assert!(!look_alike(one, other), "{one} {other}: {:?}", skeletons(one));
    }
}

#[test]
fn a_name_mixes_no_scripts_that_look_alike() {
    for name in ["аdmin", "Ꭺlice", "Miпa", "Αlice", "Ωmega", "민수Иван", "Ali\u{585}e", "кот cat"]
    {
        let refused = user_name(name).map_err(|failure| failure.code);
        assert_eq!(refused, Err(ErrorCode::Invalid), "{name}");
        let refused = room_name(name).map_err(|failure| failure.code);
        assert_eq!(refused, Err(ErrorCode::Invalid), "{name}");
    }
    for name in [
        "Mina",
        "Zoë",
        "Zoe\u{308}",
        "O’Neil-Smith Jr.",
        "김민수",
        "민수 Kim 2호",
        "ㅋㅋ민수",
        "\u{1106}\u{1175}\u{11ab}수",
        "김·이",
        "金민수",
        "山田タロー",
        "ひなた Hinata",
        "王小明 Wang",
        "Иван Петров",
        "Ελένη",
        "محمد",
        "שרה",
        "สมชาย",
        "अमित",
        "দেব",
        "민수💚👩\u{200D}💻",
        "♥\u{FE0F}민아♥\u{FE0F}",
        "辻\u{E0100}本",
        "점심 🍜 lunch (3F) & more…",
        "①번 방",
    ] {
        assert_eq!(user_name(name).as_deref(), Ok(name));
        assert_eq!(room_name(name).as_deref(), Ok(name));
    }
}

#[test]
fn a_name_has_no_characters_without_a_meaning() {
    for c in [
        '\u{FFFC}',
        '\u{FFFD}',
        '\u{E000}',
        '\u{F8FF}',
        '\u{10FFFD}',
        '\u{378}',
        '\u{FDD0}',
        '\u{1FFFE}',
    ] {
        let name = format!("Mina{c}");
        for refused in [user_name(&name), room_name(&name)] {
            let code = refused.map_err(|failure| failure.code);
            assert_eq!(code, Err(ErrorCode::Invalid), "{c:?}");
        }
    }
}

#[test]
fn no_user_speaks_for_the_server_or_for_all_users() {
    for name in [
        "admin",
        "ADMIN",
        "Ａｄｍｉｎ",
        "@admin",
        "ad min",
        "Adm1n",
        "ADM1N",
        "administrator",
        "System",
        "root",
        "R00T",
        "moderator",
        "support",
        "Socket.IO",
        "SocketIO",
        "s0cket io",
        "마당",
        "MADANG",
        "rnadang",
        "마당 Madang",
        "everyone",
        "All",
        "AII",
        "here",
        "hеrе",
        "관리자",
        "★관리자★",
        "운영자",
        "시스템",
        "모두",
        "전체",
        "ΑLL",
    ] {
        let code = user_name(name).map_err(|failure| failure.code);
        // Mixed scripts are refused before.
        assert!(matches!(code, Err(ErrorCode::NameTaken | ErrorCode::Invalid)), "{name}: {code:?}");
    }
    for name in [
        "ALI",
        "Allen",
        "Rooth",
        "Adminka",
        "herein",
        "마당쇠",
        "전체주의",
        "모두야",
        "Herr",
        "Sys",
    ] {
        assert_eq!(user_name(name).as_deref(), Ok(name));
    }
    let refused = user_name("관리자").unwrap_err();
    assert_eq!(refused.code, ErrorCode::NameTaken);
    // Rooms speak for nobody.
    let command = RoomsCommand::public("support");
    assert!(decide(command).is_ok());
    assert_eq!(room_name(FIRST_ROOM_NAME).as_deref(), Ok(FIRST_ROOM_NAME));
}
