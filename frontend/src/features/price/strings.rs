//! The texts of the price page.

use madang_shared::price::{Currency, PriceFault, PriceSource, PriceTrouble};

use crate::i18n::{Lang, Words};

pub(super) const INTRO: Words = Words::new(
    "서버가 거래소 한 곳에서 시세를 받아, 보고 있는 모두에게 바로 알립니다. 아무도 보지 않을 때는 받지 않습니다.",
    "The server requests the price from one exchange and sends it to all viewers at once. Without viewers, it requests nothing.",
);
pub(super) const NO_PRICE: Words = Words::new("아직 시세가 없습니다", "No price yet");
pub(super) const OFF: Words = Words::new(
    "이 서버는 시세를 받지 않도록 설정되어 있습니다.",
    "This server is configured without a price source.",
);
pub(super) const LAST_DAY: Words = Words::new("24시간 전보다", "in 24 hours");
pub(super) const SIMULATED: Words =
    Words::new("모의 시세 (실제 가격이 아닙니다)", "Simulated: not a real price");
pub(super) const LIVE: Words = Words::new("실시간", "Live");
pub(super) const CONNECTING: Words = Words::new("거래소에 연결하는 중…", "Reaching an exchange…");
pub(super) const UNANSWERED: Words =
    Words::new("응답하는 거래소가 없습니다", "No exchange answers");
pub(super) const FALLBACK: Words = Words::new("대체 거래소", "Fallback");
pub(super) const STALE: Words = Words::new("시세 멈춤", "Stale");
pub(super) const RECONNECTING: Words = Words::new("서버에 다시 연결하는 중…", "Reconnecting…");
pub(super) const DISCONNECTED: Words =
    Words::new("서버에 연결되어 있지 않음", "Not connected to the server");
pub(super) const TRIED: Words = Words::new("응답하지 않는 곳", "Not answering");
pub(super) const SPAN: Words = Words::new("그래프 기간", "How far back");
pub(super) const MINUTES: Words = Words::new("최근 10분", "10 minutes");
pub(super) const HOURS: Words = Words::new("최근 4시간", "4 hours");
pub(super) const CHART: Words = Words::new(
    "시세 그래프. 화살표 키로 시각을 옮기며 값을 읽습니다.",
    "Chart of the price. Arrow keys move along it and read the price.",
);
pub(super) const NO_POINTS: Words =
    Words::new("시세가 들어오면 여기에 그려집니다.", "Prices are drawn here as they come in.");

/// The name of a source.
pub(super) fn source(source: PriceSource) -> Words {
    match source {
        PriceSource::Binance => Words::new("바이낸스", "Binance"),
        PriceSource::BinanceRest => Words::new("바이낸스(HTTP)", "Binance (HTTP)"),
        PriceSource::Kraken => Words::new("크라켄", "Kraken"),
        PriceSource::Coinbase => Words::new("코인베이스", "Coinbase"),
        PriceSource::Upbit => Words::new("업비트", "Upbit"),
        PriceSource::Simulated => Words::new("모의 시세", "Simulated"),
    }
}

/// The line with source and currency. A simulated price has a badge instead.
pub(super) fn source_line(lang: Lang, from: PriceSource, currency: Currency) -> String {
    let unit = match currency {
        Currency::Usd => Words::new("미국 달러 기준", "in US dollars"),
        Currency::Usdt => Words::new("테더(USDT) 기준", "in Tether (USDT)"),
        Currency::Krw => Words::new("원 기준", "in South Korean won"),
    };
    let unit = unit.of(lang);
    match from {
        PriceSource::Simulated => unit.to_owned(),
        from => format!("{} · {unit}", source(from).of(lang)),
    }
}

/// A failed source, with the reason.
pub(super) fn trouble(lang: Lang, trouble: PriceTrouble) -> String {
    let why = match trouble.fault {
        PriceFault::Unreachable => Words::new("연결할 수 없습니다", "cannot be reached"),
        PriceFault::Silent => Words::new("응답이 없습니다", "does not answer"),
        PriceFault::Limited => Words::new("요청이 너무 많다고 합니다", "wants fewer requests"),
        PriceFault::Refused => Words::new("시세를 내주지 않습니다", "gives no price"),
    };
    format!("{}: {}", source(trouble.source).of(lang), why.of(lang))
}

/// The line of a stale price.
pub(super) fn stale_since(lang: Lang, time: &str, age_ms: u64) -> String {
    let seconds = age_ms / 1_000;
    let (number, ko, en) = match seconds {
        0..60 => (seconds, "초", "s"),
        60..3_600 => (seconds / 60, "분", "min"),
        _ => (seconds / 3_600, "시간", "h"),
    };
    match lang {
        Lang::Ko => format!("{time}부터 갱신되지 않음 · {number}{ko} 전"),
        Lang::En => format!("Stale since {time} · {number} {en} ago"),
    }
}

/// The line of the last attempt.
pub(super) fn asked(lang: Lang, time: &str) -> String {
    match lang {
        Lang::Ko => format!("마지막으로 {time}에 조회했고, 계속 다시 조회합니다."),
        Lang::En => format!("Last request at {time}. The server keeps trying."),
    }
}

/// The summary of the chart. No line begins with a dot.
pub(super) fn summary(lang: Lang, from: &str, to: &str, lowest: &str, highest: &str) -> String {
    match lang {
        Lang::Ko => {
            format!("처음 {from}\u{a0}· 지금 {to}\u{a0}· 최저 {lowest}\u{a0}· 최고 {highest}")
        }
        Lang::En => {
            format!("First {from}\u{a0}· now {to}\u{a0}· lowest {lowest}\u{a0}· highest {highest}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_one_number() {
        for (age, ko, en) in [
            (900, "0초 전", "0 s ago"),
            (59_999, "59초 전", "59 s ago"),
            (60_000, "1분 전", "1 min ago"),
            (7_200_000, "2시간 전", "2 h ago"),
        ] {
            assert!(stale_since(Lang::Ko, "t", age).ends_with(ko));
            assert!(stale_since(Lang::En, "t", age).ends_with(en));
        }
    }
}
