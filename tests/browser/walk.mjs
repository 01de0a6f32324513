// Walks through the hub in a real browser as one person does, and takes pictures of every page on the way.
// Called by test_browser.py:  node walk.mjs URL NAME PASSWORD PICTURES.  Prints one JSON line per step: {step, ok, error?}.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [url, name, password, pictures] = process.argv.slice(2);
const wide = { width: 1000, height: 560 };
const phone = { width: 390, height: 780 };
const patience = 60_000;

rmSync(pictures, { recursive: true, force: true });
mkdirSync(pictures, { recursive: true });

const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
           '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ viewport: wide, colorScheme: 'light' });
context.setDefaultTimeout(30_000);
const page = await context.newPage();

// Errors of scripts and refusals of the content security policy on the hub's own pages.
const complaints = [];
page.on('pageerror', error => complaints.push(`${page.url()}: ${error.message}`));
page.on('console', message => {
    const ours = message.location().url.includes('/hub/');
    if (ours && message.type() === 'error' && !message.text().includes('Failed to load resource')) complaints.push(message.text());
});

// The page in light, dark, and on a phone; at phone width nothing may stick out sideways.
async function picture(what) {
    for (const [suffix, colorScheme, viewport] of [['light', 'light', wide], ['dark', 'dark', wide], ['phone', 'light', phone]]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(viewport);
        await page.screenshot({ path: join(pictures, `${what}-${suffix}.png`), animations: 'disabled' });
        if (suffix === 'phone') {
            const extra = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            if (extra > 0) complaints.push(`${page.url()}: ${extra} pixels too wide for a phone`);
        }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(wide);
}

async function background() {
    return page.evaluate(() => getComputedStyle(document.body).backgroundColor);
}

const steps = {
    'a visitor sees the login form': async () => {
        await page.goto(url);
        await page.locator('input[name=password]').waitFor();
        await picture('login');
    },
    'a wrong password is answered in the page': async () => {
        await page.fill('input[name=username]', name);
        await page.fill('input[name=password]', 'wrong');
        await page.keyboard.press('Enter');
        await page.getByText('Invalid username or password').waitFor();
        await picture('login-refused');
    },
    'dark mode is dark': async () => {
        const light = await background();
        await page.emulateMedia({ colorScheme: 'dark' });
        await page.waitForFunction(before => getComputedStyle(document.body).backgroundColor !== before, light, { timeout: 5000 });
        await page.emulateMedia({ colorScheme: 'light' });
    },
    'the password of the account logs in': async () => {
        await page.goto(`${url}/hub/login?next=${encodeURIComponent('/hub/home')}`);
        await page.fill('input[name=username]', name);
        await page.fill('input[name=password]', password);
        await page.keyboard.press('Enter');
        await page.locator('#start').waitFor();
        await picture('home');
    },
    'the pages for tokens, administration and what does not exist open': async () => {
        for (const [what, path, status] of [['token', '/hub/token', 200], ['admin', '/hub/admin', 200],
                                            ['not-found', '/hub/no-such-page', 404]]) {
            const reply = await page.goto(url + path);
            if (reply.status() !== status) throw new Error(`${path} answers ${reply.status()}`);
            await page.waitForLoadState('networkidle');
            await picture(what);
        }
    },
    'the token page gives out a token that works': async () => {
        await page.goto(`${url}/hub/token`);
        await page.fill('#token-note', 'made in a browser');
        await page.locator('#request-token-form button[type=submit]').click();
        const shown = page.locator('#token-result');
        await shown.waitFor({ state: 'visible' });
        const token = (await shown.innerText()).trim();
        const reply = await fetch(`${url}/hub/api/user`, { headers: { Authorization: `token ${token}` } });
        if (reply.status !== 200 || (await reply.json()).name !== name) throw new Error(`the token answers ${reply.status}`);
    },
    'the admin table shows the person': async () => {
        await page.goto(`${url}/hub/admin`);
        await page.getByText(name, { exact: true }).first().waitFor();
        await picture('admin-table');
    },
    'Start leads over the progress page to the notebook': async () => {
        await page.goto(`${url}/hub/home`);
        await page.locator('#start').click();
        await page.waitForURL(/spawn-pending/, { timeout: patience });
        await page.locator('[role=progressbar], progress').first().waitFor();
        await picture('progress');
        await page.waitForURL(new RegExp(`/user/${name}/`), { timeout: patience });
    },
    'a new notebook computes 6*7': async () => {
        await page.goto(`${url}/user/${name}/tree`);
        await page.locator('#new-dropdown-button').click();
        const opened = context.waitForEvent('page');
        await page.locator('#kernel-python3 a').click();
        const notebook = await opened;
        await notebook.locator('#kernel_indicator_icon.kernel_idle_icon').waitFor({ timeout: patience });
        await notebook.locator('.CodeMirror').first().click();
        await notebook.keyboard.type('print(6*7)');
        await notebook.keyboard.press('Shift+Enter');
        await notebook.locator('.output_area pre', { hasText: '42' }).waitFor();
        await notebook.screenshot({ path: join(pictures, 'notebook-light.png') });
        await notebook.evaluate(() => Jupyter.notebook.save_notebook());
        await notebook.close({ runBeforeUnload: false });
    },
    'the home page stops the server': async () => {
        await page.goto(`${url}/hub/home`);
        await page.locator('#stop').waitFor();
        await picture('home-running');
        await page.locator('#stop').click();
        await page.locator('#stop').waitFor({ state: 'hidden' });
        await page.locator('#start').waitFor();
    },
    'a stopped server is explained with a way to start it': async () => {
        await page.goto(`${url}/user/${name}/tree`);
        await page.locator(`a[href*="/hub/spawn/"]`).first().waitFor();
        await picture('not-running');
    },
    'a start that fails shows the last words of the server and the way on': async () => {
        await page.goto(`${url}/hub/spawn/${name}/broken`);
        await page.getByText("No module named 'notebook'").first().waitFor({ timeout: patience });
        await picture('start-failed');
    },
    'logging out ends at the login form': async () => {
        await page.goto(`${url}/hub/home`);
        await page.locator('#logout').first().click();
        await page.locator('input[name=password]').waitFor();
        await page.goto(`${url}/hub/home`);
        await page.waitForURL(/\/hub\/login/);
    },
    'no script failed and nothing was too wide': async () => {
        if (complaints.length) throw new Error(complaints.join('\n'));
    },
};

for (const [step, walk] of Object.entries(steps)) {
    try {
        await walk();
        console.log(JSON.stringify({ step, ok: true }));
    } catch (error) {
        await page.screenshot({ path: join(pictures, `failed-${step.replaceAll(/\W+/g, '-')}.png`) }).catch(() => {});
        console.log(JSON.stringify({ step, ok: false, error: `${page.url()}\n${error.message}` }));
    }
}
await browser.close();
