//! Each exchange's documented format is parsed, and its price is preserved byte for byte. The
//! samples follow the exchanges' own pages, with prices of Bitcoin.

use madang_prices::exchanges::{BinanceStream, Coinbase, binance, kraken, upbit};
use madang_prices::{Percent, QuoteCurrency, Source};
use tokio::sync::mpsc;

use crate::support::exchange::{Behaviour, Exchange};
use crate::support::{dialer, within};

pub(crate) const MINI_TICKER: &str = r#"{"stream":"btcusdt@miniTicker","data":{"e":"24hrMiniTicker",
    "E":1672515782136,"s":"BTCUSDT","c":"70352.36000000","o":"69000.00000000","h":"71000.10000000",
    "l":"68500.00000000","v":"10000","q":"700000000.18"}}"#;
pub(crate) const TICKER_24HR: &str = r#"{"symbol":"BTCUSDT","openPrice":"70352.36000000",
    "highPrice":"71000.00000000","lowPrice":"60000.00000000","lastPrice":"69000.01000000",
    "volume":"8913.30000000","quoteVolume":"15.30000000","openTime":1499783499040,
    "closeTime":1499869899040,"firstId":28385,"lastId":28460,"count":76}"#;
pub(crate) const KRAKEN_TICKER: &str = r#"{"error":[],"result":{"XXBTZUSD":{
    "a":["70300.10000","1","1.000"],"b":["70300.00000","1","1.000"],"c":["70303.20000","0.00067643"],
    "v":["4083.67001100","4412.73601799"],"p":["70706.77771","70689.13205"],"t":[34619,38907],
    "l":["69868.30000","69868.30000"],"h":["71631.00000","71631.00000"],"o":"70502.80000"}}}"#;
pub(crate) const COINBASE_TICKER: &str = r#"{"trade_id":86326522,"price":"70268.48","size":"0.00698254",
    "time":"2020-03-20T00:22:57.833897Z","bid":"70265.15","ask":"70267.71","volume":"53602.03940154"}"#;
pub(crate) const COINBASE_STATS: &str = r#"{"open":"71000.01","high":"71526.66","low":"69458.01",
    "volume":"9012.1","last":"70268.48","volume_30day":"336320.4","rfq_volume_24hour":"40.72"}"#;
pub(crate) const UPBIT_TICKER: &str = r#"[{"market":"KRW-BTC","trade_date":"20250704",
    "trade_time":"051400","opening_price":148737000.00000000,"high_price":149360000.00000000,
    "low_price":148288000.00000000,"trade_price":148601000.00000000,
    "prev_closing_price":148737000.00000000,"change":"FALL","signed_change_rate":-0.0009143656,
    "acc_trade_price":2.1238782327620905e11,"timestamp":1751606040365}]"#;

async fn check(source: &dyn Source, price: &str, currency: QuoteCurrency, change: Option<&str>) {
    let (readings, mut read) = mpsc::channel(1);
    let reading = within(async {
        tokio::select! {
            error = source.follow(readings) => panic!("{error}"),
            reading = read.recv() => reading.unwrap(),
        }
    });
    let reading = reading.await;
    assert_eq!(reading.price.as_str(), price);
    assert_eq!(reading.currency, currency);
    assert_eq!(reading.change_24h.as_ref().map(Percent::as_str), change);
}

#[tokio::test]
async fn binance_streams_in_tether_with_the_change_of_a_day() {
    let exchange = Exchange::answering(MINI_TICKER).await;
    let source = BinanceStream::new(dialer(), &exchange.ws());
    check(&source, "70352.36000000", QuoteCurrency::Usdt, Some("1.96")).await;
    exchange.until_streams(0).await;
}

#[tokio::test]
async fn binance_answers_over_http_with_the_same() {
    let path = "/api/v3/ticker/24hr?symbol=BTCUSDT";
    let exchange = Exchange::start(Behaviour::Answer(vec![(path, TICKER_24HR)])).await;
    let source = binance(dialer(), &exchange.http());
    check(&source, "69000.01000000", QuoteCurrency::Usdt, Some("-1.92")).await;
}

#[tokio::test]
async fn kraken_answers_in_dollars_without_a_change() {
    let path = "/0/public/Ticker?pair=XBTUSD";
    let exchange = Exchange::start(Behaviour::Answer(vec![(path, KRAKEN_TICKER)])).await;
    check(&kraken(dialer(), &exchange.http()), "70303.20000", QuoteCurrency::Usd, None).await;
}

#[tokio::test]
async fn coinbase_answers_in_dollars_with_the_change_from_its_second_address() {
    let bodies = vec![
        ("/products/BTC-USD/ticker", COINBASE_TICKER),
        ("/products/BTC-USD/stats", COINBASE_STATS),
    ];
    let exchange = Exchange::start(Behaviour::Answer(bodies)).await;
    let source = Coinbase::new(dialer(), &exchange.http());
    check(&source, "70268.48", QuoteCurrency::Usd, Some("-1.03")).await;
}

#[tokio::test]
async fn coinbase_gives_the_price_when_its_second_address_makes_no_sense() {
    let bodies = vec![("/ticker", COINBASE_TICKER), ("/stats", "{}")];
    let exchange = Exchange::start(Behaviour::Answer(bodies)).await;
    let source = Coinbase::new(dialer(), &exchange.http());
    check(&source, "70268.48", QuoteCurrency::Usd, None).await;
}

#[tokio::test]
async fn upbit_answers_in_won_and_its_number_keeps_its_zeros() {
    let path = "/v1/ticker?markets=KRW-BTC";
    let exchange = Exchange::start(Behaviour::Answer(vec![(path, UPBIT_TICKER)])).await;
    check(&upbit(dialer(), &exchange.http()), "148601000.00000000", QuoteCurrency::Krw, None).await;
}
