//! `viridian get`: lists applications, releases, rollouts, experiments or gateways.

use super::wait::BEAT;
use crate::args::{GetArgs, Kind};
use crate::client::{Client, Error, escaped};
use crate::exit::Exit;
use crate::output::{
    Screen, applications_table, experiments_table, gateways_table, releases_table, rollouts_table,
};
use crate::settings::Settings;
use anyhow::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;
use viridian_wire::api::{
    ApplicationBody, ApplicationSummary, ExperimentBody, GatewayBody, List, ReleaseBody, RolloutBody,
    RolloutSummary,
};

/// How many things are asked for at a time: as many as may be. Gateways come all at once.
const PART: usize = 500;

pub(super) async fn run(args: &GetArgs, settings: &Settings) -> Result<Exit> {
    match args.kind {
        Kind::Applications => {
            let resource: Resource<ApplicationSummary, ApplicationBody> = Resource {
                path: "/api/v1/applications",
                summary: |body| body.summary.clone(),
                draw: applications_table,
            };
            resource.show(args, settings).await
        }
        Kind::Releases => {
            let resource: Resource<ReleaseBody, ReleaseBody> =
                Resource { path: "/api/v1/releases", summary: ReleaseBody::clone, draw: releases_table };
            resource.show(args, settings).await
        }
        Kind::Rollouts => {
            let resource: Resource<RolloutSummary, RolloutBody> = Resource {
                path: "/api/v1/rollouts",
                summary: |body| body.summary.clone(),
                draw: rollouts_table,
            };
            resource.show(args, settings).await
        }
        Kind::Experiments => {
            let resource: Resource<ExperimentBody, ExperimentBody> = Resource {
                path: "/api/v1/experiments",
                summary: ExperimentBody::clone,
                draw: experiments_table,
            };
            resource.show(args, settings).await
        }
        Kind::Gateways => {
            let resource: Resource<GatewayBody, GatewayBody> =
                Resource { path: "/api/v1/gateways", summary: GatewayBody::clone, draw: gateways_table };
            resource.show(args, settings).await
        }
    }
}

/// A kind of thing: how it is listed, and how one of it becomes a row of the list.
struct Resource<S, B> {
    path: &'static str,
    summary: fn(&B) -> S,
    draw: fn(&[S]) -> String,
}

/// What was found.
#[derive(Clone, PartialEq)]
enum Found<S, B> {
    Several(Vec<S>),
    One(Box<B>),
}

impl<S, B> Resource<S, B>
where
    S: Serialize + DeserializeOwned + Clone + PartialEq,
    B: Serialize + DeserializeOwned + Clone + PartialEq,
{
    async fn show(&self, args: &GetArgs, settings: &Settings) -> Result<Exit> {
        let client = settings.client()?;
        let mut last = self.fetch(args, &client).await?;
        if args.watch && settings.output.is_for_people() {
            return self.redraw(args, &client).await;
        }
        self.print(&last, settings)?;
        if !args.watch {
            return Ok(Exit::Ok);
        }
        loop {
            tokio::time::sleep(BEAT).await;
            let found = self.fetch(args, &client).await?;
            if found != last {
                self.print(&found, settings)?;
                last = found;
            }
        }
    }

    async fn redraw(&self, args: &GetArgs, client: &Client) -> Result<Exit> {
        let mut screen = Screen::new();
        loop {
            let drawing = self.draw(&self.fetch(args, client).await?);
            screen.show(&drawing, drawing.trim_end())?;
            tokio::time::sleep(BEAT).await;
        }
    }

    async fn fetch(&self, args: &GetArgs, client: &Client) -> Result<Found<S, B>, Error> {
        if let Some(name) = &args.name {
            let body = client.get(&format!("{}/{}", self.path, escaped(name))).await?;
            return Ok(Found::One(Box::new(body)));
        }
        let mut query = vec![format!("limit={PART}")];
        if let Some(application) = &args.application {
            query.push(format!("application={}", escaped(application)));
        }
        if args.active {
            query.push("active=true".to_owned());
        }
        let mut items = Vec::new();
        let mut after = None;
        loop {
            let part = after.map(|after: String| format!("after={}", escaped(&after)));
            let asked: Vec<String> = query.iter().cloned().chain(part).collect();
            let list: List<S> = client.get(&format!("{}?{}", self.path, asked.join("&"))).await?;
            items.extend(list.items);
            match list.next {
                Some(next) => after = Some(next),
                None => return Ok(Found::Several(items)),
            }
        }
    }

    fn print(&self, found: &Found<S, B>, settings: &Settings) -> std::io::Result<()> {
        match found {
            Found::One(body) => settings.output.one(body.as_ref(), |_| self.draw(found)),
            Found::Several(items) => settings.output.several(items, self.draw),
        }
    }

    fn draw(&self, found: &Found<S, B>) -> String {
        match found {
            Found::One(body) => (self.draw)(&[(self.summary)(body)]),
            Found::Several(items) => (self.draw)(items),
        }
    }
}
