//! Choosing a name.

use anyhow::Result;

use crate::support::browser::{Lang, Look};
use crate::support::program::Program;
use crate::support::stage::Stage;
use crate::support::wait::until;

#[tokio::test]
async fn t2_7_a_taken_name_is_refused_in_any_case_and_any_unicode_form() -> Result<()> {
    Stage::play("taken", async |stage| {
        Program::sign_up(&stage.server, "Zoë 민수").await?;
        for (lang, sentence) in [
            (Lang::Ko, "이미 있는 이름입니다. 다른 이름을 골라 주세요."),
            (Lang::En, "That name is taken. Please choose another."),
        ] {
            let gate = stage.visitor(Look::desktop(lang)).await?;
            gate.browser.forgive("status of 409");
            let decomposed = "ZOE\u{308} \u{1106}\u{1175}\u{11ab}\u{1109}\u{116e}";
            for taken in ["Zoë 민수", "zOË  민수 ", decomposed] {
                gate.ask_for(taken).await?;
                assert_eq!(gate.error().await?, sentence, "{taken}");
                gate.browser.until_focus("signin-name").await?;
            }
            gate.browser.picture(&format!("sign-in-{}-taken", lang.code())).await?;
            // Whoever types on is not scolded any more.
            gate.browser.keys("x").await?;
            gate.browser.until_text("signin-error", str::is_empty).await?;
            let free = format!("free {}", lang.code());
            let page = gate.sign_in(&free).await?;
            page.until_present_first(&free).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_name_that_nobody_could_see_or_read_is_refused() -> Result<()> {
    Stage::play("invalid", async |stage| {
        let gate = stage.visitor(Look::desktop(Lang::En)).await?;
        for (name, part) in [("", "at least one visible"), ("\u{3164}", "at least one visible")] {
            gate.ask_for(name).await?;
            let error = gate.error().await?;
            assert!(error.contains(part), "{name:?}: {error}");
        }
        gate.ask_for(&"가".repeat(33)).await?;
        let names_the_limit = async || {
            let error = gate.browser.text("signin-error").await?;
            Ok(error.filter(|error| error.contains("32")))
        };
        until("the error names the limit", names_the_limit).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn who_comes_when_too_many_have_signed_up_is_told_when_to_try_again() -> Result<()> {
    Stage::play_with("crowded", &["--sign-ups-per-hour", "1"], async |stage| {
        Program::sign_up(&stage.server, "the first").await?;
        for (code, look, sentence) in [
            ("ko", Look::phone(Lang::Ko), "60분 뒤에 다시"),
            ("en", Look::desktop(Lang::En), "Try again in 60 min"),
        ] {
            let gate = stage.visitor(look).await?;
            gate.browser.forgive("status of 429");
            gate.ask_for("one more").await?;
            let error = gate.error().await?;
            assert!(error.contains(sentence), "{error}");
            gate.browser.until_focus("signin-name").await?;
            gate.browser.until_still().await?;
            gate.browser.picture(&format!("sign-in-{code}-crowded")).await?;
        }
        Ok(())
    })
    .await
}
