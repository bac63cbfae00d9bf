//! Peers in async runtimes, with one task per client, as in the README or the example of each runtime.

use std::io;

use compio::BufResult;
use compio::io::{AsyncRead as _, AsyncWriteExt as _};
use smol::LocalExecutor;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Builder;

use super::{ANY, ready};

pub fn tokio_current() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(tokio_accept())
}

pub fn tokio_multi() -> io::Result<()> {
    let runtime = Builder::new_multi_thread().enable_io().build()?;
    runtime.block_on(tokio_accept())
}

async fn tokio_accept() -> io::Result<()> {
    let listener = tokio::net::TcpListener::bind(ANY).await?;
    ready(listener.local_addr()?);
    loop {
        let (mut stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let mut buffer = [0; 1024];
            while let Ok(n @ 1..) = stream.read(&mut buffer).await {
                if stream.write_all(&buffer[..n]).await.is_err() {
                    break;
                }
            }
        });
    }
}

pub fn smol_global() -> io::Result<()> {
    smol::block_on(async {
        let listener = smol::net::TcpListener::bind(ANY).await?;
        ready(listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            smol::spawn(smol_echo(stream)).detach();
        }
    })
}

pub fn smol_local() -> io::Result<()> {
    let executor = LocalExecutor::new();
    smol::block_on(executor.run(async {
        let listener = smol::net::TcpListener::bind(ANY).await?;
        ready(listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            executor.spawn(smol_echo(stream)).detach();
        }
    }))
}

async fn smol_echo(stream: smol::net::TcpStream) -> io::Result<u64> {
    smol::io::copy(stream.clone(), stream).await
}

pub fn compio() -> io::Result<()> {
    compio::runtime::Runtime::new()?.block_on(async {
        let listener = compio::net::TcpListener::bind(ANY).await?;
        ready(listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            compio::runtime::spawn(compio_echo(stream)).detach();
        }
    })
}

async fn compio_echo(mut stream: compio::net::TcpStream) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(1024);
    loop {
        let BufResult(read, filled) = stream.read(buffer).await;
        if read? == 0 {
            return Ok(());
        }
        let BufResult(written, emptied) = stream.write_all(filled).await;
        written?;
        buffer = emptied;
        buffer.clear();
    }
}
