//! A page and what a person does with it, whichever browser shows it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use fantoccini::{Client, elements::Element};
use serde_json::{Value, json};

use super::find::{self, By};
use crate::wait::until;

/// A page that is shown somewhere.
pub struct Page {
    client: Client,
    /// Tells this page's pictures from others' of the same test.
    mark: String,
}

impl Page {
    pub(super) fn new(client: Client, mark: String) -> Self {
        Self { client, mark }
    }

    // ------------------------------------------------------------ what a person does

    /// Clicks.
    pub async fn click(&self, by: By<'_>) -> Result<()> {
        let what = format!("click {by}");
        self.act(&what, by, async |element| {
            self.bring_up(element).await?;
            Ok(element.click().await?)
        })
        .await
    }

    /// Presses a button that asks back, and then its question: `sure` is what it asks. Once more if
    /// it no longer asks, because its window was left meanwhile.
    pub async fn click_sure(&self, label: &str, sure: &str) -> Result<()> {
        let press = async |name| match self.look(By::Role("button", name)).await?.first() {
            Some(button) => {
                self.bring_up(button).await?;
                Ok::<_, anyhow::Error>(Some(button.click().await?))
            }
            None => Ok(None),
        };
        let done = until(&format!("{label:?}, and {sure:?}"), async || {
            press(label).await?;
            press(sure).await
        })
        .await;
        self.keep_picture(done).await
    }

    /// Clicks what ends the page: the page may be gone before it says so.
    pub async fn click_away(&self, by: By<'_>) -> Result<()> {
        drop(self.find(by).await?.click().await);
        Ok(())
    }

    /// Replaces what a field holds. The field is named by its label.
    pub async fn fill(&self, label: &str, text: &str) -> Result<()> {
        let by = By::Field(label);
        let what = format!("type into {by}");
        self.act(&what, by, async |element| {
            self.bring_up(element).await?;
            element.clear().await?;
            Ok(element.send_keys(text).await?)
        })
        .await
    }

    /// Chooses a file, as the system's dialog would. The field is named by its label.
    pub async fn choose_file(&self, label: &str, file: &Path) -> Result<()> {
        let by = By::File(label);
        let path = file.to_str().context("a path in UTF-8")?;
        let what = format!("choose a file for {by}");
        self.act(&what, by, async |element| Ok(element.send_keys(path).await?)).await
    }

    /// Presses keys where the focus is.
    pub async fn press(&self, keys: &str) -> Result<()> {
        Ok(self.client.active_element().await?.send_keys(keys).await?)
    }

    /// Opens an address.
    pub(super) async fn visit(&self, url: &str) -> Result<()> {
        Ok(self.client.goto(url).await?)
    }

    /// Opens another page of the interface by its path.
    pub async fn go(&self, path: &str) -> Result<()> {
        let page = self.client.current_url().await?.join(path)?;
        Ok(self.client.goto(page.as_str()).await?)
    }

    // ------------------------------------------------------------ what a person sees

    /// Waits until it is there to be seen.
    pub async fn see(&self, by: By<'_>) -> Result<()> {
        self.find(by).await.map(drop)
    }

    /// Waits until it is gone.
    pub async fn see_no(&self, by: By<'_>) -> Result<()> {
        let gone = async || Ok(self.look(by).await?.is_empty().then_some(()));
        let done = until(&format!("no {by}"), gone).await;
        self.keep_picture(done).await
    }

    /// Waits until it is there, and reads its text.
    pub async fn text(&self, by: By<'_>) -> Result<String> {
        let read = async || match self.look(by).await?.first() {
            Some(element) => Ok(Some(element.text().await?)),
            None => Ok(None),
        };
        let read = until(&format!("the text of {by}"), read).await;
        self.keep_picture(read).await
    }

    /// How many there are at this moment.
    pub async fn count(&self, by: By<'_>) -> Result<usize> {
        Ok(self.look(by).await?.len())
    }

    /// Waits until `look` finds what it looks for on the page's whole text.
    pub async fn read_until<T>(&self, what: &str, look: impl Fn(&str) -> Option<T>) -> Result<T> {
        let found = until(what, async || Ok(look(&self.page_text().await?))).await;
        self.keep_picture(found).await
    }

    /// All text of the page, as it is shown.
    pub async fn page_text(&self) -> Result<String> {
        let text = self.client.execute("return document.body.innerText", Vec::new()).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// The path of the page that is shown.
    pub async fn path(&self) -> Result<String> {
        Ok(self.client.current_url().await?.path().to_owned())
    }

    /// Waits until every picture on the page that has an address is drawn, and says how many.
    pub async fn pictures(&self) -> Result<usize> {
        let drawn = async || {
            let counts = self.client.execute(find::PICTURES, Vec::new()).await?;
            let (all, drawn) = (&counts["all"], &counts["drawn"]);
            Ok((all == drawn).then(|| drawn.as_u64().unwrap_or_default() as usize))
        };
        let drawn = until("all pictures drawn", drawn).await;
        self.keep_picture(drawn).await
    }

    /// Runs a script in the page: for what cannot be seen.
    pub async fn script(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// As [`Self::script`], for a script that ends by calling its last argument.
    pub(super) async fn script_to_end(&self, script: &str, args: Vec<Value>) -> Result<Value> {
        Ok(self.client.execute_async(script, args).await?)
    }

    /// Makes the page so many CSS pixels wide and high.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.client.set_window_size(width, height).await?;
        let is = "return [innerWidth, innerHeight]";
        let sized = async || Ok((self.script(is).await? == json!([width, height])).then_some(()));
        until(&format!("a page of {width} by {height}"), sized).await
    }

    /// Waits until the page is drawn as it will stay: letters and pictures are there, and nothing
    /// moves any more.
    pub async fn settle(&self) -> Result<()> {
        self.script_to_end(find::SETTLE, Vec::new()).await.map(drop)
    }

    /// Keeps a picture and the page's text beside the other journeys' pictures, once the page is
    /// drawn.
    pub async fn picture(&self, name: &str) -> Result<PathBuf> {
        self.settle().await?;
        self.picture_now(name).await
    }

    async fn picture_now(&self, name: &str) -> Result<PathBuf> {
        let folder = env::var_os("MEND_SCREENSHOTS").map_or_else(env::temp_dir, PathBuf::from);
        fs::create_dir_all(&folder)?;
        let picture = folder.join(format!("{name}.png"));
        fs::write(&picture, self.client.screenshot().await?)?;
        fs::write(folder.join(format!("{name}.html")), self.client.source().await?)?;
        Ok(picture)
    }

    // ------------------------------------------------------------ within

    /// Scrolls as a person would: to where nothing that sticks to an edge covers it.
    async fn bring_up(&self, element: &Element) -> Result<()> {
        let scroll = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })";
        self.client.execute(scroll, vec![serde_json::to_value(element)?]).await?;
        Ok(())
    }

    async fn look(&self, by: By<'_>) -> Result<Vec<Element>> {
        let found = self.client.execute(find::FIND, vec![json!(by.to_json())]).await?;
        let found: Vec<Value> = serde_json::from_value(found)?;
        found
            .into_iter()
            .map(|element| {
                let id = element.as_object().and_then(|element| element.values().next());
                let id = id.and_then(Value::as_str).context("an element")?;
                Ok(Element::from_element_id(self.client.clone(), id.to_owned().into()))
            })
            .collect()
    }

    async fn find(&self, by: By<'_>) -> Result<Element> {
        let first = async || Ok(self.look(by).await?.into_iter().next());
        let found = until(&by.to_string(), first).await;
        self.keep_picture(found).await
    }

    /// Finds and acts until the act succeeds: between the two, a live page may have redrawn.
    async fn act(
        &self,
        what: &str,
        by: By<'_>,
        act: impl AsyncFn(&Element) -> Result<()>,
    ) -> Result<()> {
        let done = until(what, async || match self.look(by).await?.first() {
            Some(element) => act(element).await.map(Some),
            None => Ok(None),
        });
        self.keep_picture(done.await).await
    }

    /// A failure keeps what the window showed.
    async fn keep_picture<T>(&self, done: Result<T>) -> Result<T> {
        let Err(error) = done else { return done };
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("journey").replace("::", "-");
        Err(match self.picture_now(&format!("{test}-{}", self.mark)).await {
            Ok(picture) => {
                let text = self.page_text().await.unwrap_or_default();
                error.context(format!("see {}; the page says:\n{text}", picture.display()))
            }
            Err(no_picture) => error.context(format!("and no picture: {no_picture:#}")),
        })
    }
}
