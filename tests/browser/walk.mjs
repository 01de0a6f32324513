// Walks through the hub in a real browser as one person does, and takes pictures of every page on the way.
// Called by test_browser.py:  node walk.mjs URL NAME PASSWORD PICTURES.  Prints one JSON line per step: {step, ok, error?}.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Visitor } from './visitor.mjs';

const [url, name, password, pictures] = process.argv.slice(2);
const patience = 60_000;

rmSync(pictures, { recursive: true, force: true });
mkdirSync(pictures, { recursive: true });

const visitor = await Visitor.arrive(pictures);
const { context, page, complaints } = visitor;
const picture = what => visitor.picture(what);

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

await visitor.walk(steps);
